import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const digest = (data: string | Buffer) => createHash('sha256').update(data).digest();

/** The head of a CBOR item (RFC 8949): its major type, and its length or value. */
const head = (major: number, value: number): Buffer => {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  return value < 256
    ? Buffer.from([(major << 5) | 24, value])
    : Buffer.from([(major << 5) | 25, value >> 8, value & 255]);
};

type Item = number | string | Buffer | Map<number | string, Item>;

const cbor = (item: Item): Buffer => {
  if (typeof item === 'number') return item < 0 ? head(1, -1 - item) : head(0, item);
  if (typeof item === 'string') return Buffer.concat([head(3, Buffer.byteLength(item)), Buffer.from(item)]);
  if (Buffer.isBuffer(item)) return Buffer.concat([head(2, item.length), item]);
  const members = [...item].flatMap(([key, value]) => [cbor(key), cbor(value)]);
  return Buffer.concat([head(5, item.size), ...members]);
};

const USER_PRESENT = 1;
const USER_VERIFIED = 4;
const HAS_CREDENTIAL = 64;

/** What a test has an authenticator, or the browser in front of it, do otherwise. */
export type Misdeeds = {
  origin?: string;
  domain?: string;
  type?: string;
  challenge?: string;
  isVerified?: boolean;
  count?: number;
  userHandle?: string;
};

type Options = { challenge: string; [name: string]: unknown };

/** A passkey in software, with the browser in front of it (WebAuthn, level 3): ES256 and no attestation. */
export const createAuthenticator = (
  site: { origin: string; domain: string },
  { isCounting = true, idBytes = 32, keyBytes = 32 } = {},
) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(idBytes);
  const id = credentialId.toString('base64url');
  let count = 0;

  const clientData = (type: string, { challenge }: Options, misdeeds: Misdeeds): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: misdeeds.type ?? type,
        challenge: misdeeds.challenge ?? challenge,
        origin: misdeeds.origin ?? site.origin,
        crossOrigin: false,
      }),
    );

  const authenticatorData = (misdeeds: Misdeeds, attested?: Buffer): Buffer => {
    if (isCounting) count += 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(misdeeds.count ?? count);
    const verified = misdeeds.isVerified === false ? 0 : USER_VERIFIED;
    const flags = Buffer.from([USER_PRESENT | verified | (attested ? HAS_CREDENTIAL : 0)]);
    return Buffer.concat([
      digest(misdeeds.domain ?? site.domain),
      flags,
      counter,
      attested ?? Buffer.alloc(0),
    ]);
  };

  const coordinate = (name: 'x' | 'y'): Buffer =>
    Buffer.concat([Buffer.from(publicKey.export({ format: 'jwk' })[name] ?? '', 'base64url')], keyBytes);

  const envelope = { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {} };

  return {
    id,

    /** What `navigator.credentials.create` gives. */
    create: (options: Options, misdeeds: Misdeeds = {}) => {
      const key = cbor(
        new Map<number, Item>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, coordinate('x')],
          [-3, coordinate('y')],
        ]),
      );
      const length = Buffer.from([idBytes >> 8, idBytes & 255]);
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, key]);
      const attestation = new Map<string, Item>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authenticatorData(misdeeds, attested)],
      ]);
      return {
        ...envelope,
        response: {
          clientDataJSON: clientData('webauthn.create', options, misdeeds).toString('base64url'),
          attestationObject: cbor(attestation).toString('base64url'),
        },
      };
    },

    /** What `navigator.credentials.get` gives. */
    get: (options: Options, misdeeds: Misdeeds = {}) => {
      const client = clientData('webauthn.get', options, misdeeds);
      const data = authenticatorData(misdeeds);
      const signature = sign('sha256', Buffer.concat([data, digest(client)]), privateKey);
      return {
        ...envelope,
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          ...(misdeeds.userHandle !== undefined && { userHandle: misdeeds.userHandle }),
        },
      };
    },
  };
};

export type TestAuthenticator = ReturnType<typeof createAuthenticator>;
