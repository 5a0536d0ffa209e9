import { type Endpoint, type IpAddress, sameEndpoint } from '#base/address';
import type { Instant } from '#base/instant';
import { installedPairs } from '#protocol/isakmp/child';
import { REDIRECTS_MOST } from '#protocol/isakmp/constants';
import type { Established } from '#protocol/isakmp/state';
import { redirectsExhausted } from './events.ts';
import { moves } from './forwarding.ts';
import type { KeyingEffect } from './keying.ts';
import { forwardOf, noticeOf } from './keying-effects.ts';
import type { SaStepper } from './sa-stepper.ts';
import type { Entry } from './sa-table.ts';

/** One ISAKMP SA follows another: after an interruption, a phase 1 negotiated anew, a redirection. */

/**
 * A client authenticated itself while an older SA of the same client exists. If it says that it starts
 * afresh, the older one goes with its children; otherwise it only negotiated phase 1 anew, and its
 * children pass to the new SA.
 */
export function supersede(
  stepper: SaStepper,
  entry: Entry,
  initialContact: boolean,
  now: Instant,
  out: KeyingEffect[],
): void {
  const { state } = entry;
  if (state.phase !== 'established') return;
  if (state.exchange === 'main' && state.role === 'responder')
    giveWay(stepper, entry, state.peer.group, initialContact, now, out);
  const older =
    state.role === 'responder'
      ? (stepper.sas.enterClient(entry, state.origin) ??
        (initialContact ? undefined : ownSaWith(stepper, entry, state)))
      : entry.replaces && stepper.sas.get(entry.replaces);
  if (older?.state.phase !== 'established') return;
  if (!initialContact) adopt(stepper, entry, older, older.state, now, out);
  stepper.step(older, { kind: 'close', reason: 'replaced' }, now, out);
}

/**
 * The peer at the other end of a LAN-to-LAN tunnel has begun. What this end had begun without an answer
 * gives way: completed later, that SA would say that this end starts afresh, and take the pairs away that
 * are there by then. If the peer starts afresh, so does what either end began before; what was
 * established since the peer spoke is not meant, for both may begin at once.
 */
function giveWay(
  stepper: SaStepper,
  entry: Entry,
  group: string,
  initialContact: boolean,
  now: Instant,
  out: KeyingEffect[],
): void {
  const isPast = ({ state }: Entry): boolean =>
    state.phase === 'mainOffered' ||
    (initialContact && state.phase === 'established' && state.establishedAt < entry.startedAt);
  for (const other of stepper.sas.ofMainModeGroup(group))
    if (other !== entry && isPast(other))
      stepper.step(other, { kind: 'close', reason: 'replaced' }, now, out);
}

/**
 * The SA that this end began with a peer, which now negotiates phase 1 anew by itself, as strongSwan does
 * with either role.
 */
const ownSaWith = (
  stepper: SaStepper,
  entry: Entry,
  { exchange, peer }: Established,
): Entry | undefined =>
  exchange === 'main'
    ? stepper.sas
        .ofMainModeGroup(peer.group)
        .findLast(
          ({ id, state }) =>
            id !== entry.id && state.phase === 'established' && state.role === 'initiator',
        )
    : undefined;

function adopt(
  stepper: SaStepper,
  entry: Entry,
  older: Entry,
  { children, retiring, assigned, path }: Established,
  now: Instant,
  out: KeyingEffect[],
): void {
  const adopted = installedPairs({ children, retiring });
  for (const child of adopted)
    stepper.associations.add(child.inboundSpi, child.outboundSpi, entry.id);
  stepper.step(older, { kind: 'release' }, now, out);
  stepper.step(entry, { kind: 'adopt', children, retiring, assigned }, now, out);
  out.push(noticeOf(entry, { kind: 'rekeyed', replaces: older.id }));
  const { remote } = entry.state.path;
  // A client may negotiate from a new socket, and leave the translation of the old one to die.
  if (!sameEndpoint(path.remote, remote)) out.push(forwardOf(entry, moves(adopted, remote)));
}

/** Initiator: begins anew at the address that the gateway named. */
export function redirect(
  stepper: SaStepper,
  entry: Entry,
  target: IpAddress,
  now: Instant,
  out: KeyingEffect[],
): void {
  const { request, redirects, state } = entry;
  const next = redirects + 1;
  if (!request || next > REDIRECTS_MOST) {
    stepper.log.write(out, redirectsExhausted, state.subject, () => ({ count: redirects }));
  } else {
    const at = (endpoint: Endpoint): Endpoint => ({ ...endpoint, address: target });
    const moved = {
      ...request,
      remote: at(request.remote),
      remoteEncapsulated: at(request.remoteEncapsulated),
    };
    const to = stepper.begin(moved, next, now, out);
    out.push(noticeOf(entry, { kind: 'redirected', target, to }));
  }
  out.push(noticeOf(entry, { kind: 'closed', reason: 'redirected' }));
}
