/** The severity of syslog (1 alert to 7 debugging) for one of the concentrator's (1 to 13). */
export function syslogSeverity(severity: number): number {
  if (severity >= 7) return 7;
  // "Phase 2 completed" is 4 here and a notification (5) on an ASA; 5 and 6 are informational.
  return [1, 1, 3, 4, 5, 6, 6][severity] as number;
}
