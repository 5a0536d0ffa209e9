import { after } from '#base/instant';
import { messageTypes } from '#wire/vcl/numbers';
import { ADDRESS_ANNOUNCEMENTS, RECLAIM_PART } from './constants.ts';
import { standing } from './describe.ts';
import { alivePeers, audience, peerEntries } from './peers.ts';
import type { Member } from './state.ts';
import type { Turn } from './turn.ts';

/** A master tells its members that it is one, and who they are; `isNews` when it was not so before. */
export function announce(turn: Turn, member: Member, isNews = false): Member {
  if (member.phase.phase !== 'master') return member;
  const announced: Member = {
    ...member,
    phase: {
      ...member.phase,
      nextAnnounceAt: turn.jittered(turn.policy.timing.helloMs),
      announcedAlive: alivePeers(member).length + 1,
    },
  };
  turn.send(audience(announced, turn.policy, isNews), {
    type: messageTypes.announce,
    ...standing(announced, turn.policy),
    publicAddresses: turn.policy.device.publicAddresses,
    peers: peerEntries(announced),
  });
  return announced;
}

/**
 * Another member was master too, or may have been: the neighbours may have believed it last. While we are master,
 * they are told at once, and again when it must have stopped.
 */
export function reclaimed(turn: Turn, member: Member): Member {
  const { phase } = member;
  if (phase.phase !== 'master') return member;
  const { addresses } = turn.policy.cluster;
  turn.emit({ kind: 'announceAddress', addresses, times: ADDRESS_ANNOUNCEMENTS });
  const addressAnnounceAt = after(turn.now, turn.helloPart(RECLAIM_PART));
  return { ...member, phase: { ...phase, addressAnnounceAt } };
}
