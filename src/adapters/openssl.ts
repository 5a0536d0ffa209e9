/**
 * The ciphers and digests of OpenSSL's libcrypto, as the node binary exports them. Pointers are plain
 * numbers below 2^53; what a function expects stands in OpenSSL's manual.
 */
export type OpenSsl = {
  EVP_CIPHER_fetch(context: number, name: string, properties: number): number;
  EVP_CIPHER_free(cipher: number): void;
  EVP_CIPHER_get_key_length(cipher: number): number;
  EVP_CIPHER_get_iv_length(cipher: number): number;
  EVP_CIPHER_CTX_new(): number;
  EVP_CIPHER_CTX_free(context: number): void;
  EVP_CIPHER_CTX_set_padding(context: number, padding: number): number;
  EVP_CIPHER_CTX_ctrl(context: number, type: number, argument: number, pointer: number): number;
  EVP_EncryptInit_ex(c: number, cipher: number, engine: number, key: number, iv: number): number;
  EVP_DecryptInit_ex(c: number, cipher: number, engine: number, key: number, iv: number): number;
  EVP_Cipher(context: number, output: number, input: number, octets: number): number;
  EVP_MD_fetch(context: number, name: string, properties: number): number;
  EVP_MD_get_size(digest: number): number;
  EVP_Digest(
    data: number,
    octets: number,
    output: number,
    size: number,
    digest: number,
    engine: number,
  ): number;
  HMAC_CTX_new(): number;
  HMAC_CTX_free(context: number): void;
  HMAC_Init_ex(c: number, key: number, octets: number, digest: number, engine: number): number;
  HMAC_Update(context: number, data: number, octets: number): number;
  HMAC_Final(context: number, output: number, octets: number): number;
};

type Library = ReturnType<typeof import('koffi')['load']>;

/** Finds the functions in the running program. */
export function openssl(lib: Library): OpenSsl {
  const p = 'uintptr_t';
  return {
    EVP_CIPHER_fetch: lib.func('EVP_CIPHER_fetch', p, [p, 'str', p]),
    EVP_CIPHER_free: lib.func('EVP_CIPHER_free', 'void', [p]),
    EVP_CIPHER_get_key_length: lib.func('EVP_CIPHER_get_key_length', 'int', [p]),
    EVP_CIPHER_get_iv_length: lib.func('EVP_CIPHER_get_iv_length', 'int', [p]),
    EVP_CIPHER_CTX_new: lib.func('EVP_CIPHER_CTX_new', p, []),
    EVP_CIPHER_CTX_free: lib.func('EVP_CIPHER_CTX_free', 'void', [p]),
    EVP_CIPHER_CTX_set_padding: lib.func('EVP_CIPHER_CTX_set_padding', 'int', [p, 'int']),
    EVP_CIPHER_CTX_ctrl: lib.func('EVP_CIPHER_CTX_ctrl', 'int', [p, 'int', 'int', p]),
    EVP_EncryptInit_ex: lib.func('EVP_EncryptInit_ex', 'int', [p, p, p, p, p]),
    EVP_DecryptInit_ex: lib.func('EVP_DecryptInit_ex', 'int', [p, p, p, p, p]),
    EVP_Cipher: lib.func('EVP_Cipher', 'int', [p, p, p, 'uint']),
    EVP_MD_fetch: lib.func('EVP_MD_fetch', p, [p, 'str', p]),
    EVP_MD_get_size: lib.func('EVP_MD_get_size', 'int', [p]),
    EVP_Digest: lib.func('EVP_Digest', 'int', [p, 'size_t', p, p, p, p]),
    HMAC_CTX_new: lib.func('HMAC_CTX_new', p, []),
    HMAC_CTX_free: lib.func('HMAC_CTX_free', 'void', [p]),
    HMAC_Init_ex: lib.func('HMAC_Init_ex', 'int', [p, p, 'int', p, p]),
    HMAC_Update: lib.func('HMAC_Update', 'int', [p, p, 'size_t']),
    HMAC_Final: lib.func('HMAC_Final', 'int', [p, p, p]),
  };
}
