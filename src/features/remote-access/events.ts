import { event } from '#events/event';

export const clientIdentified = event({
  class: 'IKE',
  number: 184,
  severity: 4,
  text: 'Client Type: {type}\nClient Application Version: {version}',
  why: 'The client named itself in its configuration request.',
  remedy: 'None.',
});

export const serverGroupUnsupported = event({
  class: 'AUTH',
  number: 44,
  severity: 2,
  text: 'Authentication rejected: the server group {serverGroup} cannot be asked',
  why: 'The tunnel group names a group of RADIUS servers, and only LOCAL is implemented.',
  remedy: 'Set authentication-server-group LOCAL in the tunnel group and configure the users here.',
});
