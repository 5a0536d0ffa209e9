import { story } from './testing.ts';

story(
  'LB-42 LB-43: ten members started together: the best by priority, then address, becomes master',
  'cluster-simultaneous-starts',
  20,
);
story('LB-41: ten members started in turn: the first stays master', 'cluster-starts-in-turn', 10);
story(
  'LB-44 LB-02: masters vanish until one member is left: each time the best takes over within 2.2 hellos',
  'cluster-masters-vanish',
  5,
);
story('a planned handover leaves 100 ms without an owner at most', 'cluster-handovers', 15);
story('LB-08: without loss there is never a second master', 'cluster-calm-trouble', 15);
story('LB-08: nor with the preset vpn3000', 'cluster-calm-vpn3000', 5);
story('LB-08: nor with the preset asa', 'cluster-calm-asa', 5);
story('ten members in every kind of trouble agree when it ends', 'cluster-storm-of-ten', 6);
story('so do twenty-five', 'cluster-storm-of-twenty-five', 1);
story('so do members that find each other by multicast and IPv6', 'cluster-storm-by-multicast', 5);
story(
  'so do members that name each other, also where no multicast passes',
  'cluster-storm-named',
  6,
);
story('so do members with the preset vpn3000', 'cluster-storm-vpn3000', 5);
story('so do members with the preset asa', 'cluster-storm-asa', 5);
story(
  'a cluster that was parted is one again, with and without multicast',
  'cluster-partition-heals',
  12,
);
story('a copy of a member stays out', 'cluster-clones', 10);
story('ten members at rest send 20 datagrams a second at most', 'cluster-idle-traffic', 1);
story('two runs of one seed of a cluster are the same to the octet', 'cluster-twice', 1);
