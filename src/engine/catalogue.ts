import { catalogue } from '#events/catalogue';
import * as clusterEvents from '#features/cluster/events';
import * as lanToLanEvents from '#features/lan-to-lan/events';
import * as managementEvents from '#features/management/events';
import * as natEvents from '#features/nat/events';
import * as remoteAccessEvents from '#features/remote-access/events';
import * as ipsecEvents from '#ipsec/events';
import * as isakmpEvents from '#protocol/isakmp/events';
import * as vclEvents from '#protocol/vcl/events';
import * as sessionEvents from '#session/events';
import * as engineEvents from './events.ts';

/** Every event that a head-end can log. */
export const headEndCatalogue = catalogue(
  isakmpEvents,
  ipsecEvents,
  sessionEvents,
  remoteAccessEvents,
  clusterEvents,
  vclEvents,
  lanToLanEvents,
  managementEvents,
  engineEvents,
);

/** Every event that a PAT box can log. */
export const patBoxCatalogue = catalogue(natEvents, managementEvents);
