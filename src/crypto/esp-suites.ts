import type { HashName } from './hashes.ts';

/** The encryption half of a suite. */
type EspCipher = {
  /** OpenSSL's name of the cipher; single DES is run as triple DES with three equal keys. */
  readonly algorithm: string | undefined;
  readonly keyOctets: number;
  readonly ivOctets: number;
  /** ESP pads payload, pad length and next header to a multiple of this; RFC 4303 section 2.4. */
  readonly align: number;
  /** Transform id of IKEv1, RFC 2407 section 4.4.4 and its registry; absent where IKEv1 has none. */
  readonly isakmpTransform?: number;
  /** Value of the phase-2 attribute 6; absent where the key length is fixed. */
  readonly keyLengthBits?: number;
  /** The word of `crypto ipsec transform-set`. */
  readonly word: string;
  readonly label: string;
  readonly legacy: boolean;
};

const aesCbc = (bits: 128 | 192 | 256, word: string): EspCipher => ({
  algorithm: `aes-${bits}-cbc`,
  keyOctets: bits / 8,
  ivOctets: 16,
  align: 16,
  isakmpTransform: 12,
  keyLengthBits: bits,
  word,
  label: `AES${bits}`,
  legacy: false,
});

/** Ciphers that need an integrity algorithm beside them. */
const CIPHERS = {
  'aes-cbc-128': aesCbc(128, 'esp-aes'),
  'aes-cbc-192': aesCbc(192, 'esp-aes-192'),
  'aes-cbc-256': aesCbc(256, 'esp-aes-256'),
  '3des-cbc': {
    algorithm: 'des-ede3-cbc',
    keyOctets: 24,
    ivOctets: 8,
    align: 8,
    isakmpTransform: 3,
    word: 'esp-3des',
    label: '3DES-168',
    legacy: true,
  },
  'des-cbc': {
    algorithm: 'des-ede3-cbc',
    keyOctets: 8,
    ivOctets: 8,
    align: 8,
    isakmpTransform: 2,
    word: 'esp-des',
    label: 'DES-56',
    legacy: true,
  },
  null: {
    algorithm: undefined,
    keyOctets: 0,
    ivOctets: 0,
    align: 4,
    isakmpTransform: 11,
    word: 'esp-null',
    label: 'none',
    legacy: true,
  },
} satisfies Record<string, EspCipher>;

const aesGcm = (bits: 128 | 192 | 256): EspCipher => ({
  algorithm: `aes-${bits}-gcm`,
  keyOctets: bits / 8,
  ivOctets: 8,
  align: 4,
  isakmpTransform: 20,
  keyLengthBits: bits,
  word: `esp-gcm-${bits}`,
  label: `AES-GCM-${bits}`,
  legacy: false,
});

/** Ciphers that authenticate by themselves, with a tag of 16 and a salt of 4 octets; RFC 4106, RFC 7634. */
const COMBINED = {
  'aes-gcm-16-128': aesGcm(128),
  'aes-gcm-16-192': aesGcm(192),
  'aes-gcm-16-256': aesGcm(256),
  'chacha20-poly1305': {
    algorithm: 'chacha20-poly1305',
    keyOctets: 32,
    ivOctets: 8,
    align: 4,
    word: 'esp-chacha20-poly1305',
    label: 'ChaCha20-Poly1305',
    legacy: false,
  },
} satisfies Record<string, EspCipher>;

/** An integrity algorithm: HMAC cut to its left part; RFC 2403, RFC 2404, RFC 4868. */
type EspIntegrity = {
  readonly hash: HashName;
  readonly keyOctets: number;
  readonly icvOctets: number;
  /** Value of the phase-2 attribute 5 (authentication algorithm). */
  readonly isakmpNumber: number;
  readonly word: string;
  readonly label: string;
  readonly legacy: boolean;
};

const hmac = (
  hash: HashName,
  keyOctets: number,
  icvOctets: number,
  isakmpNumber: number,
  word: string,
  label: string,
  legacy: boolean,
): EspIntegrity => ({ hash, keyOctets, icvOctets, isakmpNumber, word, label, legacy });

const INTEGRITIES = {
  'hmac-md5-96': hmac('md5', 16, 12, 1, 'esp-md5-hmac', 'MD5', true),
  'hmac-sha1-96': hmac('sha1', 20, 12, 2, 'esp-sha-hmac', 'SHA1', true),
  'hmac-sha2-256-128': hmac('sha2-256', 32, 16, 5, 'esp-sha256-hmac', 'SHA256', false),
  'hmac-sha2-384-192': hmac('sha2-384', 48, 24, 6, 'esp-sha384-hmac', 'SHA384', false),
  'hmac-sha2-512-256': hmac('sha2-512', 64, 32, 7, 'esp-sha512-hmac', 'SHA512', false),
} satisfies Record<string, EspIntegrity>;

export type EspSuiteName =
  | `${keyof typeof CIPHERS}-${keyof typeof INTEGRITIES}`
  | keyof typeof COMBINED;

/** A way to protect ESP packets: a cipher with an integrity algorithm, or one that does both. */
export type EspSuite = {
  readonly name: EspSuiteName;
  /** OpenSSL's name of the cipher; undefined for NULL encryption (RFC 2410). */
  readonly algorithm: string | undefined;
  /** `des` keys are used three times over, since OpenSSL 3 hides single DES. */
  readonly singleDes: boolean;
  /** Hash of the HMAC; undefined for a cipher that authenticates by itself. */
  readonly integrityHash: HashName | undefined;
  readonly encryptionKeyOctets: number;
  /** Octets of the HMAC key; 0 for a cipher that authenticates by itself. */
  readonly integrityKeyOctets: number;
  /** Octets of the salt before the explicit IV in the nonce; 0 with an HMAC. */
  readonly saltOctets: number;
  /** Encryption key and integrity key, or encryption key and salt. */
  readonly keyMaterialOctets: number;
  readonly ivOctets: number;
  readonly icvOctets: number;
  readonly align: number;
  /** Transform id of IKEv1; undefined for a suite that only IKEv2 can negotiate. */
  readonly isakmpTransform: number | undefined;
  /** Phase-2 attribute 6 in bits. */
  readonly keyLengthBits: number | undefined;
  /** Phase-2 attribute 5. */
  readonly isakmpAuthentication: number | undefined;
  /** The words of `crypto ipsec transform-set`. */
  readonly words: readonly string[];
  /** How views write the encryption, such as `AES128` or `3DES-168`. */
  readonly encryptionLabel: string;
  /** How views write the integrity, such as `SHA1`. */
  readonly integrityLabel: string;
  /** The parts that `legacy-crypto` has to permit, by their words; empty for a modern suite. */
  readonly legacyWords: readonly string[];
  readonly legacy: boolean;
};

function suite(name: EspSuiteName, cipher: EspCipher, integrity?: EspIntegrity): EspSuite {
  const saltOctets = integrity ? 0 : 4;
  const integrityKeyOctets = integrity?.keyOctets ?? 0;
  const parts = integrity ? [cipher, integrity] : [cipher];
  const legacyWords = parts.filter((p) => p.legacy).map((p) => p.word);
  return {
    name,
    algorithm: cipher.algorithm,
    singleDes: name.startsWith('des-'),
    integrityHash: integrity?.hash,
    encryptionKeyOctets: cipher.keyOctets,
    integrityKeyOctets,
    saltOctets,
    keyMaterialOctets: cipher.keyOctets + integrityKeyOctets + saltOctets,
    ivOctets: cipher.ivOctets,
    icvOctets: integrity?.icvOctets ?? 16,
    align: cipher.align,
    isakmpTransform: cipher.isakmpTransform,
    keyLengthBits: cipher.keyLengthBits,
    isakmpAuthentication: integrity?.isakmpNumber,
    words: parts.map((p) => p.word),
    encryptionLabel: cipher.label,
    integrityLabel: integrity?.label ?? 'none',
    legacyWords,
    legacy: legacyWords.length > 0,
  };
}

function allSuites(): EspSuite[] {
  const suites: EspSuite[] = [];
  for (const [cipherName, cipher] of Object.entries(CIPHERS))
    for (const [integrityName, integrity] of Object.entries(INTEGRITIES))
      suites.push(suite(`${cipherName}-${integrityName}` as EspSuiteName, cipher, integrity));
  for (const [name, cipher] of Object.entries(COMBINED))
    suites.push(suite(name as EspSuiteName, cipher));
  return suites;
}

/** Every suite, by name. */
export const ESP_SUITES: Readonly<Record<EspSuiteName, EspSuite>> = Object.fromEntries(
  allSuites().map((s) => [s.name, s]),
) as Record<EspSuiteName, EspSuite>;

const negotiated = (transform: number, keyBits?: number, authentication?: number): string =>
  `${transform}/${keyBits ?? ''}/${authentication ?? ''}`;

const BY_NUMBERS = new Map<string, EspSuite>(
  Object.values(ESP_SUITES).flatMap((s) =>
    s.isakmpTransform === undefined
      ? []
      : [[negotiated(s.isakmpTransform, s.keyLengthBits, s.isakmpAuthentication), s] as const],
  ),
);

/** The suite that IKEv1 writes as these numbers; undefined for a combination we do not know. */
export const espSuiteOf = (
  isakmpTransform: number,
  keyLengthBits: number | undefined,
  isakmpAuthentication: number | undefined,
): EspSuite | undefined =>
  BY_NUMBERS.get(negotiated(isakmpTransform, keyLengthBits, isakmpAuthentication));
