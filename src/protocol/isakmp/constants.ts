/** What the specifications fix. */

/** RFC 2409 section 5: nonces of 8 to 256 octets. */
export const NONCE_OCTETS_LEAST = 8;
export const NONCE_OCTETS_MOST = 256;
/** Protocol and port of a phase-1 identity; RFC 2407 section 4.6.2. */
export const ISAKMP_PROTOCOL = 17;
export const ISAKMP_PORT = 500;
/** SPIs up to here are reserved; RFC 4303 section 2.1. */
export const SPI_RESERVED_MOST = 255;
export const COOKIE_OCTETS = 8;

/** What we choose. Durations are in milliseconds unless the name says otherwise. */

/** Exactly this many: vpnc writes its own nonce of this size over the one it received. */
export const NONCE_OCTETS = 20;
/** A responder forgets an exchange that has not authenticated itself in this time. */
export const HALF_OPEN_MS = 30_000;
/** Waits after the first transmission, the second and so on; after the last one we give up. */
export const REQUEST_WAITS_MS: readonly number[] = [1000, 2000, 4000, 8000, 8000];
/** The second aggressive mode message goes to a stranger, so that it is repeated less. */
export const AGGRESSIVE_ANSWER_WAITS_MS: readonly number[] = [2000, 4000, 8000, 16_000];
/**
 * An address that may be forged gets at most so many times the octets that came from it; the limit of
 * RFC 9000 section 8.1.
 */
export const AMPLIFICATION_MOST = 3;
/** An XAUTH request waits for a person; repeating it only helps against loss. */
export const XAUTH_REQUEST_WAITS_MS: readonly number[] = [2000, 4000, 8000, 16_000];
/** Phase-2 exchanges under way in one ISAKMP SA. */
export const QUICK_MODES_MOST = 16;
/** Pairs of IPsec SAs in one ISAKMP SA; then with replaced ones that still receive. */
export const CHILDREN_MOST = 64;
export const INSTALLED_MOST = 2 * CHILDREN_MOST;
/** A peer that asks for a shorter lifetime gets this one: keys are not made without end. */
export const LIFETIME_SECONDS_LEAST = 60;
/** Messages whose repetition is recognized after their exchange is over. */
export const ANSWERED_MOST = 8;
/** Message ids of Quick Modes whose reuse is recognized; the oldest is forgotten for one more. */
export const MESSAGE_IDS_MOST = 1024;
/** A peer that uses pairs we do not have is told so this often at most. */
export const UNKNOWN_SPI_MS = 5000;
/** Octets of user name, password and other XAUTH values that we look at. */
export const XAUTH_VALUE_OCTETS_MOST = 256;
/** Characters of a peer's text that logs and views show. */
export const PRINTABLE_MOST = 128;
/**
 * A peer that asks for no Quick Mode within this time of its authentication gets the phase-1 lifetime
 * by itself: vpnc waits for that message after negotiating phase 1 anew, and gives up without it.
 */
export const RESPONDER_LIFETIME_MS = 1500;
/**
 * Parts of the phase-1 lifetime after which it is announced again: a peer that heard it the first time
 * has negotiated anew by then, and one that did not has time enough left.
 */
export const LIFETIME_REMINDER_PARTS: readonly number[] = [0.85, 0.9, 0.95];
/** Parts of a child's lifetime after which its initiator, then its responder, replaces it. */
export const INITIATOR_REKEY_PART = 0.85;
export const RESPONDER_REKEY_PART = 0.93;
/** In the idle time of dead peer detection the packet counters are looked at this often. */
export const DPD_LOOKS = 4;
/** A pair that could not be replaced is tried again after this pause, as long as it lives. */
export const REKEY_RETRY_MS = 5000;
/** Part of the kilobytes after which a child is replaced. */
export const SOFT_KILOBYTES_PART = 0.9;
/** A replaced pair goes on receiving this long after its successor's first packet, or its making. */
export const RETIRED_AFTER_TRAFFIC_MS = 5000;
export const RETIRED_MS = 30_000;
/**
 * A delete of the ISAKMP SA by vpnc within this time after it took over from an older one is meant for
 * the older: vpnc puts the cookies of the new SA into it. INITIAL-CONTACT within this time is about what was
 * taken over.
 */
export const ADOPTION_MS = 10_000;
/** An initiator follows this many redirects of one connection. */
export const REDIRECTS_MOST = 5;
/** Octets of a message in fragments: a chain of certificates fits, an endless message does not. */
export const FRAGMENTED_OCTETS_MOST = 32_768;
