/** The first message of aggressive mode as a client of ours sends it, for generators that need no more. */
import { SlowWork } from '#adapters/device-runner';
import { now } from '#adapters/machine-clock';
import { MachineRandom } from '#adapters/machine-random';
import { address, type Endpoint } from '#base/address';
import type { Answer } from '#engine/ports';
import { parseProfile } from '#features/client/profile';
import { clientPolicy, connectRequest } from '#features/client/request';
import { KeyingManager } from '#ipsec/keying-manager';

export const isakmpPort = 500;

/** The message that a client of the group begins with. */
export async function firstMessage(
  gateway: string,
  group: string,
  groupKey: string,
): Promise<Uint8Array> {
  const text = `Host=${gateway}\nGroupName=${group}\nGroupPwd=${groupKey}\nDHGroup=2\n`;
  const profile = parseProfile(text);
  if (!profile.ok) throw new Error(profile.error);
  const keying = new KeyingManager({
    random: new MachineRandom(),
    policy: () => clientPolicy(profile.value),
    wants: () => false,
    inboundPackets: () => 0,
  });
  const local: Endpoint = { address: address('0.0.0.0'), port: isakmpPort };
  const ends = { local, localEncapsulated: local, remotePort: isakmpPort };
  const request = connectRequest(profile.value, { ...ends, remoteEncapsulatedPort: 4500 });
  if (!request) throw new Error('no such group');
  const asked = keying.connect(request, now()).effects.find((effect) => effect.kind === 'ask');
  if (asked?.kind !== 'ask') throw new Error('no key pair was asked for');
  const work = new SlowWork();
  const answer = await new Promise<Answer>((resolve) => work.ask(asked.question, resolve));
  work.close();
  if (answer.kind === 'passwordVerified') throw new Error('not a key pair');
  const sent = keying.answer(asked.id, answer, now()).find((effect) => effect.kind === 'send');
  if (sent?.kind !== 'send') throw new Error('no message was sent');
  return sent.bytes;
}
