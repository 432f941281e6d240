import { createHash, hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';

const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const;
const KEY_BYTES = 32;

/** What is sealed is sealed with `current`; what was sealed with `previous` still opens. */
type Secrets = Readonly<{ current: string; previous: string | undefined }>;

/** A key of `secret` for one purpose (HKDF, RFC 5869), and a name for it that says nothing of it. */
const createKey = (secret: string, purpose: string) => {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
  return { key, keyId: createHash('sha256').update(key).digest('base64url').slice(0, 8) };
};

/**
 * Encrypts short texts for the database (JWE, AES-256-GCM, compact). A text is sealed for an owner and opens for no
 * other, so that nobody who can write the database moves it; `purpose` keeps features' texts apart.
 */
export const createSealer = (secrets: Secrets, purpose: string) => {
  const current = createKey(secrets.current, purpose);
  const previous = secrets.previous === undefined ? undefined : createKey(secrets.previous, purpose);
  const keyOf = (keyId: string | undefined) =>
    keyId !== undefined && keyId === previous?.keyId ? previous.key : current.key;

  return {
    seal: (text: string, owner: string): Promise<string> =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ ...ALGORITHMS, kid: current.keyId, sub: owner })
        .encrypt(current.key),

    /** Throws for what was sealed for another, with a key that is neither the current nor the previous, or changed. */
    open: async (sealed: string, owner: string): Promise<{ text: string; isOfPreviousKey: boolean }> => {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, ({ kid }) => keyOf(kid), {
        keyManagementAlgorithms: [ALGORITHMS.alg],
        contentEncryptionAlgorithms: [ALGORITHMS.enc],
      });
      if (protectedHeader.sub !== owner) throw new Error('sealed for another owner');
      return {
        text: new TextDecoder().decode(plaintext),
        isOfPreviousKey: protectedHeader.kid !== current.keyId,
      };
    },
  };
};

export type Sealer = ReturnType<typeof createSealer>;
