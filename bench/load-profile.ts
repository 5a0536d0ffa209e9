import { type DhGroupNumber, scenario, userName, userPassword } from './scenario.ts';

/** The connection entry of our own generator; with so long a timeout idle clients do not probe. */
export const loadProfile = (group: DhGroupNumber): string => `[main]
Host=${scenario.gateway}
GroupName=${scenario.group}
GroupPwd=${scenario.groupKey}
Username=${userName('%n')}
UserPassword=${userPassword('%n')}
EnableNat=1
PeerTimeout=480
DHGroup=${group}
`;
