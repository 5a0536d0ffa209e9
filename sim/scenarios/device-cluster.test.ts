import { story } from './testing.ts';

story(
  'LB-01 LB-02 LB-08: ten whole members and their clients in every kind of trouble: nobody is sent to whom the master knows to ' +
    'be gone, full or draining; afterwards one cluster, and every client has one session, which the master counts once',
  'device-cluster-storm',
  3,
);
story(
  'two runs of a cluster of whole devices are the same to the octet',
  'device-cluster-twice',
  1,
);
story(
  'LB-35: a master leaves while clients begin, and the next one too, and no attempt of any client fails',
  'device-cluster-handover',
  5,
);
story(
  'GEN-34 GEN-36: a client is told a member by the cluster address and connects there; traffic is no load',
  'device-cluster-two-steps',
  3,
);
