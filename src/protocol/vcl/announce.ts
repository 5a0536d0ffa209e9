import { messageTypes } from '#wire/vcl/numbers';
import { standing } from './describe.ts';
import { alivePeers, audience, peerEntries } from './peers.ts';
import type { Member } from './state.ts';
import type { Turn } from './turn.ts';

/** A master tells its members that it is one, and who they are. */
export function announce(turn: Turn, member: Member): Member {
  if (member.phase.phase !== 'master') return member;
  const announced: Member = {
    ...member,
    phase: {
      ...member.phase,
      nextAnnounceAt: turn.jittered(turn.policy.timing.helloMs),
      announcedAlive: alivePeers(member).length + 1,
    },
  };
  turn.send(audience(announced, turn.policy), {
    type: messageTypes.announce,
    ...standing(announced, turn.policy),
    publicAddresses: turn.policy.device.publicAddresses,
    peers: peerEntries(announced),
  });
  return announced;
}
