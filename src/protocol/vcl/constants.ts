/** Ours, all of them: the vendor's protocol is not public. Parts are parts of the hello interval. */

/** A keepalive without an answer for so long makes a master suspect under `probes`. */
export const SUSPECT_PART = 0.5;
/** The longest pause between two announcements, with their jitter; so much later plus the above, one is missed. */
export const ANNOUNCED_PART = 1.1;
/**
 * A backup that hears its master announce itself reports half a hello later, and so do all others: the master reads
 * what they say in one go, and is heard of twice in each hello. The pause between two reports stays within the
 * tenth that LB-84 allows, so that it takes some hellos until they are together.
 */
export const REPORT_PART = 0.5;
export const SHORTEST_PAUSE_PART = 0.92;
export const LONGEST_PAUSE_PART = 1.08;
/** Probes of a suspect master, and the pause after each. */
export const PROBE_ROUNDS = 3;
export const PROBE_PART = 0.1;
/** Members that are asked to probe it too, in each round. */
export const HELPERS = 3;
/** Pause between two backups in the order of takeover. */
export const RANK_PART = 0.05;

/**
 * A master looks after its peers so often, and master and backup after themselves. It is less than the
 * least time that a takeover needs.
 */
export const WATCH_PART = 0.25;
/** A step that comes so much too late tells that the process was asleep. */
export const STALL_PART = 0.5;
/** A backup that was silent for so long is probed by a master, then given up; under `probes`. */
export const SILENT_PART = 1.5;
export const LOST_PART = 2.5;

/** Somebody who heard the master within this time objects to a claim. */
export const MASTER_FRESH_PART = 0.5;
/** A member that a claim was left to gets so long, besides the wait of a claim, to appear. */
export const AWAIT_PART = 0.5;

/** Announcements of another master that does not hear us, after which we give way. */
export const UNHEARD_ANNOUNCEMENTS = 3;

/** Least pause between two announcements out of turn that tell other masters to give way. */
export const CONTEST_PART = 0.1;

/** So long after a conflict that was won, the neighbours are told once more who has the address. */
export const RECLAIM_PART = 0.5;

/** So long after it was asleep, a member takes no handover: it may have been waiting to be read. */
export const DROWSY_PART = 1;

/** Repetitions of a LEAVE or HANDOVER, and the pause between them. */
export const LEAVE_REPEATS = 3;
export const LEAVE_PAUSE_MS = 20;

/** A stranger has so long to answer a challenge. */
export const CHALLENGE_PART = 2;
/** Public sides are asked again so often while they do not answer, and once they have. */
export const PUBLIC_RETRY_PART = 0.5;
export const PUBLIC_AGAIN_PART = 20;
/** Questions without an answer after which a public side is closed. */
export const PUBLIC_TRIES = 3;
/** A refused member tries again after this time; the same refusals are not said again before. */
export const REFUSED_PART = 10;

/** Address announcements at once, and the pause before as many more; RFC 9568 leaves it to us. */
export const ADDRESS_ANNOUNCEMENTS = 5;
export const ADDRESS_AGAIN_MS = 5000;

/** Peers that a member remembers; the vendor's MIB has up to 25. */
export const MOST_PEERS = 25;
export const MOST_STRANGERS = 16;
export const MOST_ERRANDS = 16;
export const MOST_SAID = 64;

/** A term that jumps by more was not counted, so it is a lie or a mistake. */
export const LARGEST_TERM_STEP = 2 ** 32;

/** Datagrams of unknown senders by source address, and how much of that a refusal costs. */
export const STRANGERS = { perSecond: 200, sources: 64, refusalCosts: 50 } as const;
