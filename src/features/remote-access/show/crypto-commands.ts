import type { IpAddress } from '#base/address';
import { ip } from '#config/address-tokens';
import { exec, view } from '#config/exec';
import { flag, optional } from '#config/path';
import { ROWS_MOST } from '#config/text-table';
import type { SaId } from '#ipsec/keying';
import { legacyText, legacyView } from './legacy-show.ts';
import type { RemoteAccessNeeds, RemoteAccessRequest } from './needs.ts';
import { cryptoIpsecSas, isakmpSaPage } from './sa-pages.ts';
import { ipsecSasText, isakmpSasText } from './sa-text.ts';

const command = exec<RemoteAccessNeeds, RemoteAccessRequest>();

const words = {
  show: 'Show something',
  clear: 'Clear something',
  crypto: 'Cryptography',
  isakmp: 'Phase 1 of IKEv1',
  ikev1: 'Phase 1 of IKEv1',
  ipsec: 'Phase 2',
  sa: 'Security associations',
  peer: 'Only those of one peer',
  detail: 'With algorithms, lifetimes, ports and cookies',
  legacy: 'Old algorithms',
} as const;

const peer = optional('peer', ip('peer', 'Address of the peer outside'));
const detail = flag('detail', 'detail', words.detail);

const showIsakmp = command({
  path: ['show crypto isakmp sa', peer, detail],
  also: [['show crypto ikev1 sa', peer, detail]],
  words,
  help: 'Shows the ISAKMP SAs, those whose negotiation goes on included.',
  run(n, values) {
    const { halfOpen, isakmpSas } = n.keying.counts();
    const page = isakmpSaPage(n, { limit: ROWS_MOST, remote: values.peer });
    if (!page.ok) return { kind: 'error', text: `% ${page.error}` };
    const data = { established: isakmpSas, halfOpen, page: page.value };
    return { kind: 'view', view: view('crypto isakmp sa', data, isakmpSasText(values.detail)) };
  },
});

const showIpsec = command({
  path: ['show crypto ipsec sa', peer],
  words,
  help: 'Shows the pairs of IPsec SAs with their counters and what is left of their lifetime.',
  since: '001:617',
  run(n, values) {
    const page = cryptoIpsecSas(n, { limit: ROWS_MOST, remote: values.peer });
    return { kind: 'view', view: view('crypto ipsec sa', page, ipsecSasText) };
  },
});

const showLegacy = command({
  path: ['show crypto legacy'],
  words,
  help: 'Shows what "legacy-crypto" permits, and the sessions that make use of it.',
  run: (n) => ({ kind: 'view', view: view('crypto legacy', legacyView(n), legacyText) }),
});

const idsOf = (n: RemoteAccessNeeds, remote: IpAddress | undefined): SaId[] =>
  Array.from(n.keying.summaries({ remote }), (sa) => sa.id);

const clearIsakmp = command({
  path: ['clear crypto isakmp sa', peer],
  also: [['clear crypto ikev1 sa', peer]],
  words,
  help: 'Ends ISAKMP SAs with their IPsec SAs and sessions, and tells the peers.',
  since: '001:610',
  run(n, values) {
    const sas = idsOf(n, values.peer);
    if (sas.length === 0) return { kind: 'error', text: '% There are no such ISAKMP SAs' };
    const done = `INFO: Number of ISAKMP SAs that were ended : ${sas.length}`;
    return { kind: 'request', request: { kind: 'closeIsakmpSas', sas, done } };
  },
});

/** The commands about security associations. */
export const cryptoCommands = [showIsakmp, showIpsec, showLegacy, clearIsakmp] as const;
