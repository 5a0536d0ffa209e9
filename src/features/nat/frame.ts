import type { EventRecord } from '#events/event';

/** What the network card still has to do to a frame, so that it is not done here. */
export type Offload = {
  /** The transport checksum holds the pseudo-header's sum only. */
  readonly partialChecksum: boolean;
  /** Payload octets of each packet that the frame will be cut into; 0 when it is one packet. */
  readonly segmentOctets: number;
};

/** An Ethernet II frame without check sequence. */
export type Frame = {
  /** The `nameif` name. */
  readonly interface: string;
  readonly bytes: Uint8Array;
  readonly offload?: Offload | undefined;
};

export type RouterEffect =
  /** Send this frame; it has to leave, or be copied, before the next call of the router. */
  | { readonly kind: 'transmit'; readonly frame: Frame }
  | { readonly kind: 'event'; readonly event: EventRecord };

/** What the adapter knows of an interface. */
export type PatLink = {
  /** The hardware name, as in the configuration. */
  readonly hardware: string;
  /** Six octets. */
  readonly hardwareAddress: Uint8Array;
  /** Longest IPv4 packet in octets. */
  readonly mtu: number;
};

/** `0050.dabb.f093`. */
export function formatHardware(hardware: Uint8Array): string {
  let text = '';
  for (const [index, octet] of hardware.entries())
    text += (index === 2 || index === 4 ? '.' : '') + (octet + 0x100).toString(16).slice(1);
  return text;
}
