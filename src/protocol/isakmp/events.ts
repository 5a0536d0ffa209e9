import { event } from '#events/event';

/** The catalogue of the ISAKMP machine, in the words of the VPN 3000 concentrator where it had some. */

const detail = 'None; this line follows a negotiation step by step.';

/** What came in and went out: NAT-62, NAT-63. */
export const isakmpHeader = event({
  class: 'IKEDECODE',
  number: 0,
  severity: 8,
  text: 'ISAKMP HEADER : ( Version 1.0 )\n  Initiator Cookie(8): {initiatorCookie}\n  Responder Cookie(8): {responderCookie}\n  Next Payload :{nextPayload}\n  Exchange Type :{exchangeType}\n  Flags :{flags}\n  Message ID : {messageId}\n  Length : {length}',
  why: 'An ISAKMP message arrived; this is its header.',
  remedy: detail,
});
export const notifyDecode = event({
  class: 'IKEDECODE',
  number: 0,
  severity: 8,
  text: 'Notify Payload Decode :\n  DOI :{doi}\n  Protocol :{protocol}\n  Message :{message}\n  Spi :{spi}\n  Length :{length}',
  why: 'An authenticated message carried a notification.',
  remedy: detail,
});
export const messageReceived = event({
  class: 'IKEDBG',
  number: 0,
  severity: 8,
  text: 'RECEIVED Message (msgid={messageId}) with payloads :\nHDR + {payloads} + NONE (0)\ntotal length : {length}',
  why: 'A message was decrypted; these are its payloads.',
  remedy: detail,
});
export const messageSent = event({
  class: 'IKEDBG',
  number: 0,
  severity: 8,
  text: 'SENDING Message (msgid={messageId}) with payloads :\nHDR + {payloads}\ntotal length : {length}',
  why: 'A message is about to be encrypted and sent.',
  remedy: detail,
});
export const processingHash = event({
  class: 'IKEDBG',
  number: 0,
  severity: 9,
  text: 'processing hash',
  why: 'The HASH payload of a message is about to be checked.',
  remedy: detail,
});
export const processingNotify = event({
  class: 'IKEDBG',
  number: 0,
  severity: 9,
  text: 'Processing Notify payload',
  why: 'An authenticated message carried a notification.',
  remedy: detail,
});
export const constructingBlankHash = event({
  class: 'IKEDBG',
  number: 0,
  severity: 9,
  text: 'constructing blank hash',
  why: 'A protected message is being made; its HASH payload comes first.',
  remedy: detail,
});
export const constructingQuickModeHash = event({
  class: 'IKEDBG',
  number: 0,
  severity: 9,
  text: 'constructing qm hash',
  why: 'The HASH payload of a message to be sent is being computed.',
  remedy: detail,
});

/** Phase 1. */
export const phaseOneCompleted = event({
  class: 'IKE',
  number: 119,
  severity: 4,
  text: 'PHASE 1 COMPLETED',
  why: 'The peer proved that it knows the group key.',
  remedy: 'None.',
});
export const natDetected = event({
  class: 'IKE',
  number: 172,
  severity: 5,
  text: 'Automatic NAT Detection Status:\n   Remote end {remote} behind a NAT device\n   This end {local} behind a NAT device',
  why: 'Both ends compared hashes of the addresses they see (RFC 3947).',
  remedy:
    'None. If a NAT is known to be there and not detected, look for a device that rewrites IKE.',
});
export const phaseOneRefused = event({
  class: 'IKE',
  number: 48,
  severity: 4,
  text: 'Phase 1 refused: {reason}',
  byStrangers: true,
  why: 'Nothing that the peer offers is permitted here.',
  remedy: 'Enter the line that the reason names, or change the proposal of the client.',
});
export const unknownGroup = event({
  class: 'IKE',
  number: 22,
  severity: 4,
  text: 'No tunnel group for the identity "{identity}"; the peer is answered with a dummy key and fails',
  byStrangers: true,
  why: 'The peer named a group that is not configured. It cannot tell this from a wrong key.',
  remedy: 'Check the group name in the client, or add the tunnel group.',
});
export const unknownPeer = event({
  class: 'IKE',
  number: 23,
  severity: 4,
  text: 'No tunnel group for the address {address}; the peer is answered with a dummy key and fails',
  byStrangers: true,
  why: 'In main mode the key is found by the address of the peer, and none is configured for this one. The peer cannot tell this from a wrong key.',
  remedy:
    'For a LAN-to-LAN peer add `tunnel-group ADDRESS type ipsec-l2l` with its address, and `ikev1 pre-shared-key` in its ipsec-attributes. Behind a NAT the address is that of the NAT.',
});
export const phaseOneProofWrong = event({
  class: 'IKE',
  number: 39,
  severity: 4,
  text: 'Phase 1 authentication failed: {reason}',
  byStrangers: true,
  why: 'The last message of phase 1 did not prove knowledge of the key, or not by whom it had to.',
  remedy:
    'Compare the group name, or the address of the peer, and the pre-shared key at both ends.',
});
export const phaseOneTimedOut = event({
  class: 'IKE',
  number: 18,
  severity: 5,
  text: 'Phase 1 not completed in time, last state {state}',
  byStrangers: true,
  why: 'The peer went silent before it proved itself: messages were lost, a filter drops UDP 4500, or its group key is wrong.',
  remedy: 'Check that UDP 500 and 4500 pass in both directions, and the group key.',
});
export const keyAgreementFailed = event({
  class: 'IKE',
  number: 20,
  severity: 4,
  text: 'Key agreement failed: {reason}',
  byStrangers: true,
  why: 'The Diffie-Hellman value of the peer is not acceptable.',
  remedy: 'The peer is broken or hostile. If it is your client, update it.',
});

/** XAUTH and Mode Config. */
export const extendedAuthenticationTimedOut = event({
  class: 'IKE',
  number: 56,
  severity: 4,
  text: 'No answer to the XAUTH request within {seconds} seconds',
  why: 'The user did not type a password in time, or the client does not do XAUTH.',
  remedy:
    'Log in again. A client that never answers must be set to group authentication with XAUTH.',
});
export const extendedAuthenticationAccepted = event({
  class: 'IKE',
  number: 52,
  severity: 4,
  text: 'User ({user}) authenticated.',
  why: 'The user name and password of the peer were accepted.',
  remedy: 'None.',
});
export const extendedAuthenticationRefused = event({
  class: 'IKE',
  number: 167,
  severity: 4,
  text: 'User ({user}) refused; the connection ends',
  why: 'The user name or the password is wrong, or the user may not use this group.',
  remedy: 'Check the name and the password of the user.',
});
export const prematureRequest = event({
  class: 'IKE',
  number: 55,
  severity: 4,
  text: '{request} before extended authentication has succeeded; ignored',
  why: 'Nothing is configured or negotiated for a user who has not logged in.',
  remedy: 'Set the client to answer XAUTH.',
});

/** Quick Mode, in the order of the concentrator: NAT-64 to NAT-66. */
export const loadingAllSas = event({
  class: 'IKEDBG',
  number: 0,
  severity: 9,
  text: 'loading all IPSEC SAs',
  why: 'Quick Mode is complete; its SAs are about to be installed.',
  remedy: detail,
});
export const generatingQuickModeKey = event({
  class: 'IKEDBG',
  number: 1,
  severity: 9,
  text: 'Generating Quick Mode Key!',
  why: 'The key of one direction is being derived.',
  remedy: detail,
});
export const natTraversalNegotiated = event({
  class: 'IKE',
  number: 173,
  severity: 4,
  text: 'NAT-Traversal successfully negotiated!\nIPSec traffic will be encapsulated to pass through NAT devices.',
  why: 'A NAT is between the ends, and both support NAT-T: ESP rides in UDP.',
  remedy: 'None. If traffic stalls, look for a filter on UDP 4500.',
});
export const loadingHost = event({
  class: 'IKEDBG',
  number: 0,
  severity: 7,
  text: 'Loading host:\n  Dst: {local}\n  Src: {remote}',
  why: 'An SA between two hosts is being installed.',
  remedy: detail,
});
export const loadingSubnet = event({
  class: 'IKEDBG',
  number: 0,
  severity: 7,
  text: 'Loading subnet:\n  Dst: {local} mask: {mask}\n  Src: {remote}',
  why: 'An SA between a network and the peer is being installed.',
  remedy: detail,
});
export const securityNegotiationComplete = event({
  class: 'IKE',
  number: 49,
  severity: 4,
  text: 'Security negotiation complete for User ({user})\n{role}, Inbound SPI = 0x{inboundSpi}, Outbound SPI = 0x{outboundSpi}',
  why: 'A pair of IPsec SAs was negotiated.',
  remedy: 'None.',
});
export const phaseTwoCompleted = event({
  class: 'IKE',
  number: 120,
  severity: 4,
  text: 'PHASE 2 COMPLETED (msgid={messageId})',
  why: 'A pair of IPsec SAs is installed.',
  remedy: 'None.',
});
export const phaseTwoRefused = event({
  class: 'IKE',
  number: 0,
  severity: 4,
  text: 'Phase 2 refused: {reason}',
  why: 'What the peer proposed for its traffic is not permitted here.',
  remedy: 'Change the line that the reason names, or the proposal of the peer.',
});
export const phaseTwoTimedOut = event({
  class: 'IKE',
  number: 61,
  severity: 5,
  text: 'Quick Mode (msgid={messageId}) not completed in time',
  why: 'The peer stopped answering during the negotiation.',
  remedy: 'Check that UDP 500 and 4500 pass in both directions.',
});
export const pairUsedUp = event({
  class: 'IKE',
  number: 0,
  severity: 4,
  text: 'IPsec SA 0x{spi} has carried all it may ({kilobytes} kilobytes, 2^32 packets) and carries nothing more',
  why: 'Its lifetime was over before another pair was negotiated in its place.',
  remedy:
    'If it comes again, raise the kilobytes of the lifetime, and look for why the negotiation failed.',
});
export const lifetimeOverridden = event({
  class: 'IKE',
  number: 75,
  severity: 5,
  text: "Overriding Initiator's {protocol} rekeying duration from {offered} to {seconds} seconds",
  why: 'The peer proposed a longer lifetime than the policy here permits, and was told the shorter one.',
  remedy: 'None.',
});

/** Keeping alive and ending. */
export const deadPeerAnswered = event({
  class: 'IKEDBG',
  number: 36,
  severity: 9,
  text: 'Sending keep-alive of type DPD R-U-THERE-ACK (seq number 0x{sequence})',
  why: 'The peer asked whether this end lives (RFC 3706).',
  remedy: detail,
});
export const deadPeerAsked = event({
  class: 'IKEDBG',
  number: 36,
  severity: 9,
  text: 'Sending keep-alive of type DPD R-U-THERE (seq number 0x{sequence})',
  why: 'Nothing came from the peer for a while, so that it is asked whether it lives (RFC 3706).',
  remedy: detail,
});
export const deadPeerDetected = event({
  class: 'IKE',
  number: 123,
  severity: 4,
  text: 'IKE lost contact with remote peer, deleting connection (keepalive type: DPD)',
  why: 'The peer did not answer several R-U-THERE in a row.',
  remedy: 'None if the client was switched off. Otherwise look at the network on its side.',
});
export const otherKeepaliveReceived = event({
  class: 'IKEDBG',
  number: 41,
  severity: 9,
  text: 'Received keep-alive of type {type}, not the negotiated type',
  why: 'Old clients send this besides or instead of DPD. It is never answered (NAT-70).',
  remedy: detail,
});
export const keepaliveSent = event({
  class: 'IPSECDBG',
  number: 18,
  severity: 9,
  text: 'Xmit IPSEC-over-UDP NAT keepalive packet: success',
  why: 'An octet was sent to keep the address translation on the way alive.',
  remedy: detail,
});
export const peerMoved = event({
  class: 'IKE',
  number: 174,
  severity: 5,
  text: 'Peer moved from {from} to {to}',
  why: 'An authenticated message came from another address or port: the NAT on the way made a new translation.',
  remedy:
    'None. If it happens often, the NAT forgets translations; shorten the keepalive interval.',
});
export const connectionEnded = event({
  class: 'IKE',
  number: 50,
  severity: 5,
  text: 'Connection terminated: {reason}',
  why: 'The ISAKMP SA ended, and with it the IPsec SAs that it still held.',
  remedy: 'None.',
});
export const peerNotification = event({
  class: 'IKE',
  number: 68,
  severity: 4,
  text: 'Peer reports {message}{trust}',
  why: 'The peer found fault with a message of this end.',
  remedy:
    'Read the log of the peer; NO-PROPOSAL-CHOSEN means that the proposals have nothing in common.',
});
export const peerRedirected = event({
  class: 'IKE',
  number: 177,
  severity: 4,
  text: 'The peer is sent to {target}',
  why: 'Another gateway is to serve this client; it was told before it said user and password.',
  remedy:
    'None. A client that does not go there does not understand the redirect of Cisco (notification 40501).',
});
export const redirectImpossible = event({
  class: 'IKE',
  number: 178,
  severity: 4,
  text: 'The peer should go to {target}, which is no IPv4 address; it is served here',
  why: 'The redirect of IKEv1 has room for an IPv4 address and nothing else.',
  remedy: 'Give the other gateway an IPv4 address for its clients.',
});
export const redirectFollowed = event({
  class: 'IKE',
  number: 175,
  severity: 4,
  text: 'The peer sends this client to {target}',
  why: 'The master of a cluster chose another member for this client.',
  remedy: 'None.',
});
export const messageRefused = event({
  class: 'IKEDBG',
  number: 65,
  severity: 7,
  text: 'Message dropped: {reason}',
  byStrangers: true,
  why: 'A message was malformed, not authentic, or out of place. It changed nothing.',
  remedy:
    'Single ones are noise of the network. Many from one peer: compare its configuration with ours.',
});
export const tooMany = event({
  class: 'IKE',
  number: 7,
  severity: 3,
  text: 'Limit reached: {limit} {what}',
  why: 'A peer asks for more at once than one ISAKMP SA may hold.',
  remedy: 'Look at what the peer does; no client needs this many.',
});
