/** Help of the keywords that the commands of this room have in common. */
export const cryptoWords = {
  crypto: 'Encryption and keys',
  ikev1: 'Internet Key Exchange version 1',
  isakmp: 'Internet Key Exchange version 1',
  ipsec: 'Protection of packets',
  'security-association': 'Parameters of security associations',
};
