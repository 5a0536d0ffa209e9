import { readFileSync } from 'node:fs';

/** One line when the kernel would not pass packets on between the tunnels and the inside network. */
export function forwardingProblem(): string | undefined {
  try {
    if (readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim() !== '0') return undefined;
  } catch {
    return undefined;
  }
  return (
    'warning: the kernel does not forward IPv4, so clients reach this machine only; ' +
    '"sysctl -w net.ipv4.ip_forward=1" lets them reach the inside network'
  );
}
