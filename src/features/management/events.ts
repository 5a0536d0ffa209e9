import { event } from '#events/event';

export const logCleared = event({
  class: 'CONFIG',
  number: 1,
  severity: 5,
  asaMessage: 111_008,
  mnemonic: 'LOG_CLEARED',
  text: 'The event log was cleared: {count} events are gone',
  why: 'An administrator said "clear logging".',
  remedy: 'None. Events that were sent elsewhere are still there.',
});
