import { type Endpoint, formatEndpoint } from '#base/address';

/** One line that says why a socket could not be bound, and what to do about it. */
export function describeBindError(
  endpoint: Endpoint,
  code: string,
  where = `UDP ${formatEndpoint(endpoint)}`,
): string {
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is taken by another program: stop it (\`ss -ulnp\` names it) or choose another port`;
    case 'EACCES':
    case 'EPERM':
      return `${where} may not be opened: run as root, grant CAP_NET_BIND_SERVICE, or choose a port from 1024 on`;
    case 'EADDRNOTAVAIL':
      return `${where} cannot be opened: no interface here has that address (\`ip address\` lists them)`;
    case 'EAFNOSUPPORT':
      return `${where} cannot be opened: this machine has no ${endpoint.address.includes(':') ? 'IPv6' : 'IPv4'}`;
    default:
      return `${where} cannot be opened: ${code}`;
  }
}
