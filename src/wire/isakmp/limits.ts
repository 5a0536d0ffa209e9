/** Our own bounds on what one message may make us build; the largest real ones use a third of them. */
export const limits = {
  payloads: 64,
  proposalsPerSa: 64,
  transformsPerSa: 512,
  attributesPerList: 128,
  spisPerDelete: 256,
} as const;
