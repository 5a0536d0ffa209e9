/** Where a head-end that was not told otherwise has its command line. */
export const CONSOLE_SOCKET = '/run/headend/console.sock';

/** Where a member of a cluster keeps what it must not forget, unless told otherwise. */
export const STATE_FOLDER = '/var/lib/headend';
