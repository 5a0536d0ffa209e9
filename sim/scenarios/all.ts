import * as addressTranslation from './address-translation.ts';
import * as authentication from './authentication.ts';
import * as changes from './changes.ts';
import { chaos } from './chaos.ts';
import * as cluster from './cluster.ts';
import * as deviceCluster from './device-cluster.ts';
import * as hostile from './hostile.ts';
import * as lanToLan from './lan-to-lan.ts';
import * as logins from './logins.ts';
import * as peerLoss from './peer-loss.ts';
import * as redirection from './redirection.ts';
import * as rekeying from './rekeying.ts';
import * as transport from './transport.ts';

/** Every scenario, by the name that the command line takes. */
export const scenarios = {
  'twenty-clients': logins.twentyClients,
  'hundred-clients': logins.hundredClients,
  'rough-network': logins.roughNetwork,
  'same-user-twice': logins.sameUserTwice,
  'one-login-too-many': logins.oneLoginTooMany,
  'killed-client': peerLoss.killedClient,
  'killed-client-returns': peerLoss.killedClientReturns,
  'killed-client-returns-elsewhere': peerLoss.killedClientReturnsElsewhere,
  'everybody-vanishes': peerLoss.everybodyVanishes,
  'head-end-crash': peerLoss.headEndCrash,
  'partition-of-a-minute': peerLoss.partitionOfAMinute,
  'partition-of-ten-minutes': peerLoss.partitionOfTenMinutes,
  'one-way-link': peerLoss.oneWayLink,
  'pat-restart': addressTranslation.patRestart,
  'mapping-changes-while-idle': addressTranslation.mappingChangesWhileIdle,
  'forged-moves': addressTranslation.forgedMoves,
  'rekeys-by-seconds': rekeying.rekeysBySeconds,
  'rekeys-by-kilobytes': rekeying.rekeysByKilobytes,
  'phase-one-rekeys': rekeying.phaseOneRekeys,
  'phase-one-rekeys-in-storm': rekeying.phaseOneRekeysInStorm,
  'no-needless-rekeys': rekeying.noNeedlessRekeys,
  'rekeys-in-rain': rekeying.rekeysInRain,
  'rekey-collisions': rekeying.rekeyCollisions,
  'keys-run-out-in-partition': rekeying.keysRunOutInPartition,
  'slow-typist': authentication.slowTypist,
  'typist-too-slow': authentication.typistTooSlow,
  'unknown-group-looks-like-wrong-key': authentication.unknownGroupLooksLikeWrongKey,
  'unknown-user-looks-like-wrong-password': authentication.unknownUserLooksLikeWrongPassword,
  'wrong-password': authentication.wrongPassword,
  'skips-authentication': authentication.skipsAuthentication,
  'offers-no-extended-authentication': authentication.offersNoExtendedAuthentication,
  'nat-traversal-off': transport.natTraversalOff,
  'transparent-tunneling-off': transport.transparentTunnelingOff,
  'without-pat': transport.withoutPat,
  'who-is-behind-nat': transport.whoIsBehindNat,
  keepalives: transport.keepalives,
  'one-port-for-life': transport.onePortForLife,
  'flood-from-one-address': hostile.floodFromOneAddress,
  'flood-from-everywhere': hostile.floodFromEverywhere,
  'everything-repeated': hostile.everythingRepeated,
  'everything-damaged': hostile.everythingDamaged,
  'forged-answers': hostile.forgedAnswers,
  'user-removed': changes.userRemoved,
  'pool-changed': changes.poolChanged,
  'group-key-changed': changes.groupKeyChanged,
  twice: changes.twice,
  'sites-in-storm': lanToLan.sitesInStorm,
  'sites-rekey': lanToLan.sitesRekey,
  'site-restarts': lanToLan.siteRestarts,
  'sites-disagree': lanToLan.sitesDisagree,
  'site-removed': lanToLan.siteRemoved,
  'redirected-in-storm': redirection.redirectedInStorm,
  'redirected-in-circles': redirection.redirectedInCircles,
  'cluster-storm-of-ten': cluster.tenInStorm,
  'cluster-storm-of-twenty-five': cluster.twentyFiveInStorm,
  'cluster-storm-by-multicast': cluster.multicastInStorm,
  'cluster-calm-trouble': cluster.calmTrouble,
  'cluster-simultaneous-starts': cluster.simultaneousStarts,
  'cluster-starts-in-turn': cluster.startsInTurn,
  'cluster-partition-heals': cluster.partitionHeals,
  'cluster-clones': cluster.clones,
  'cluster-masters-vanish': cluster.mastersVanish,
  'cluster-handovers': cluster.handovers,
  'cluster-idle-traffic': cluster.idleTraffic,
  'cluster-twice': cluster.clusterTwice,
  'device-cluster-storm': deviceCluster.devicesInStorm,
  'device-cluster-two-steps': deviceCluster.twoSteps,
  'device-cluster-handover': deviceCluster.devicesHandOver,
  'device-cluster-twice': deviceCluster.devicesTwice,
  chaos,
} as const;
