import { addressBytes, familyOf } from '#base/address';
import { after } from '#base/instant';
import { exchangeTypes, notifyTypes } from '#wire/isakmp/numbers';
import { end } from './close.ts';
import { HALF_OPEN_MS } from './constants.ts';
import { peerRedirected, redirectImpossible } from './events.ts';
import { messageKey, newMessageId, transmit } from './exchange.ts';
import { isakmpNotification } from './informational-send.ts';
import type { Admission } from './policy.ts';
import { announcePhaseOne } from './responder-lifetime.ts';
import { firstIv, seal } from './seal.ts';
import { closed, type Established, type State } from './state.ts';
import type { Turn } from './turn.ts';
import { authenticated, requestCredentials } from './xauth.ts';

/**
 * Whether a peer that has proven its key is served here, or sent to another gateway by the notification of
 * Cisco's clusters. Clients follow it right after message 3, before they have told anybody a password.
 */

/** Responder, phase 1 completed by `message3`: the owner decides, if the policy says so. */
export function askAdmission(turn: Turn, sa: Established, message3: Uint8Array): Established {
  if (!sa.peer.asksAdmission) return serve(turn, sa);
  turn.notify({
    kind: 'admissionWanted',
    beginsAfresh: sa.initialContact,
    vendorIds: sa.extensions.vendorIds,
  });
  return {
    ...sa,
    extendedAuthentication: {
      stage: 'admitting',
      requestKey: messageKey(message3),
      expiresAt: after(turn.now, HALF_OPEN_MS),
    },
  };
}

function serve(turn: Turn, sa: Established): Established {
  if (sa.peer.extendedAuthentication) return requestCredentials(turn, sa);
  // vpnc takes silence after message 3 for failure, even where no XAUTH follows.
  return announcePhaseOne(turn, authenticated(turn, sa));
}

/** The owner decided. */
export function admitted(turn: Turn, sa: Established, admission: Admission): State {
  const { extendedAuthentication: waiting } = sa;
  if (waiting.stage !== 'admitting') return sa;
  if (admission.kind === 'serve') return serve(turn, sa);
  if (admission.kind === 'refuse') return end(turn, sa, 'refused');
  const { target } = admission;
  if (familyOf(target) !== 4) {
    turn.log(redirectImpossible, sa.subject, () => ({ target }));
    return serve(turn, sa);
  }
  const messageId = newMessageId(turn, sa);
  const header = {
    exchangeType: exchangeTypes.informational,
    messageId,
    iv: firstIv(sa.secured, messageId),
  };
  // Nothing but this notification: vpnc gives up on most others here, and needs it right behind the HASH.
  const sealed = seal(sa.secured, header, [
    isakmpNotification(sa, notifyTypes.unityLoadBalance, addressBytes(target)),
  ]);
  transmit(turn, sa, messageId, sealed);
  turn.log(peerRedirected, sa.subject, () => ({ target }));
  turn.notify({ kind: 'closed', reason: 'redirected' });
  turn.emit({ kind: 'sentElsewhere', requestKey: waiting.requestKey, answer: sealed.octets });
  return closed(sa, 'redirected');
}
