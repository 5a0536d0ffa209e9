import type { Room } from '#config/room';
import { balancingCommands, deviceCommands } from './commands.ts';
import { clusterSlice } from './config.ts';
import { verifyCluster } from './verify.ts';

/** The room of virtual clusters. */
export const clusterRoom: Room = {
  slices: [clusterSlice],
  verify: verifyCluster,
  sections: [
    { title: 'Device model', place: 'identity', commands: deviceCommands },
    { title: 'Virtual cluster', place: 'groups', commands: balancingCommands },
  ],
};
