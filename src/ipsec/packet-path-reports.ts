import type { Instant } from '#base/instant';
import type { DataPlaneReport } from '#dataplane/data-plane';
import { spiText } from '#protocol/isakmp/install-events';
import { keepaliveReceived, unknownSpi } from './events.ts';
import type { KeyingEffect } from './keying.ts';
import type { SaStepper } from './sa-stepper.ts';

/** What the packet path observed, told to the SAs that it concerns; datagrams are not among it. */
export function observed(
  stepper: SaStepper,
  report: Exclude<DataPlaneReport, { kind: 'datagram' }>,
  now: Instant,
  out: KeyingEffect[],
): void {
  const { associations, log, sas } = stepper;
  switch (report.kind) {
    case 'keepalive':
      log.write(out, keepaliveReceived, {}, () => ({}));
      return;
    case 'unknownSpi': {
      const { spi, remote } = report;
      log.write(out, unknownSpi, { peer: remote.address }, () => ({ spi: spiText(spi) }));
      stepper.command(sas.ofPeer(remote)?.id, { kind: 'unknownSpi', spi }, now, out);
      return;
    }
    case 'inboundActive': {
      const { spi } = report;
      stepper.command(associations.ownerOfInbound(spi), { kind: 'inboundActive', spi }, now, out);
      return;
    }
    case 'peerMoved': {
      const { spi, remote } = report;
      stepper.command(associations.ownerOfInbound(spi), { kind: 'peerMoved', remote }, now, out);
      return;
    }
    case 'expiring':
    case 'expired': {
      const { kind, spi, direction } = report;
      const owners =
        direction === 'inbound'
          ? [associations.ownerOfInbound(spi)]
          : associations.ownersOfOutbound(spi);
      for (const id of owners) stepper.command(id, { kind, spi }, now, out);
      return;
    }
    case 'lost':
      // Whoever took over has every SA already.
      return;
    case 'failed':
      // No SA can be helped; whoever runs the device ends it.
      return;
  }
}
