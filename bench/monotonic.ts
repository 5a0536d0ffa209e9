/**
 * Milliseconds of the kernel's monotonic clock: of one meaning in all processes of a machine, whatever
 * becomes of its wall clock meanwhile.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
