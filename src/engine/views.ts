export type * from '#views/views';
