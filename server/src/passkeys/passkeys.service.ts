import {
  type AddPasskeyInput,
  type BeginPasskeyInput,
  type NewPasskeyOptions,
  PASSKEYS_MAX,
  type Passkey,
  type PasskeyList,
  type PasskeyLoginInput,
  type PasskeyOptions,
  type SignedIn,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { AuthService } from '../auth/auth.service.js';
import type { Identity } from '../auth/identity.js';
import type { MailService } from '../mail/mail.service.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import type { SecondFactorCodesService } from '../second-factor/second-factor-codes.service.js';
import { createChallenges } from './challenges.js';
import { createPasskeyMails } from './passkey-mails.js';
import * as queries from './passkeys.queries.js';
import { expectedOriginsOf, type Site } from './site.js';
import { loadWebAuthn } from './webauthn.js';

/** EdDSA, ES256 and RS256, as COSE numbers them: what authenticators in use offer. */
const ALGORITHMS = [-8, -7, -257];
const TIMEOUT_MS = 5 * 60_000;
const LOGIN = 'login';

const wrongPasskey = () =>
  new AppError('INVALID_CREDENTIALS', {
    detail: 'The passkey is not known here, or its answer is not good.',
  });

/** The device at the other end. */
type Client = Parameters<AuthService['signInProven']>[1];

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  auth: Pick<AuthService, 'requirePassword' | 'signInProven' | 'me'>;
  codes: Pick<SecondFactorCodesService, 'takeForLogin'>;
  mail: Pick<MailService, 'tell'>;
  secret: string;
  site: Site;
};

/**
 * Passkeys (WebAuthn): each asks for a PIN or a finger on its device, so that it stands for the password and the second
 * factor at once.
 */
export const createPasskeysService = (deps: Deps) => {
  const { database, clock, logger, auth, codes, site } = deps;
  const challenges = createChallenges(deps);
  const mails = createPasskeyMails(deps);

  const adding = ({ userId, sessionId }: Identity) => `add ${userId} ${sessionId}`;

  /** When the challenge that is answered was made. The library hands it over on the way. */
  const expectChallenge = (purpose: string) => {
    let madeAt: string | null = null;
    return {
      isOurs: (challenge: string): boolean => {
        madeAt = challenges.timeOf(challenge, purpose);
        return madeAt !== null;
      },
      madeAt: () => madeAt ?? '',
    };
  };

  return {
    list: async ({ userId }: Identity): Promise<PasskeyList> => ({
      items: (await queries.listPasskeys(database, userId)).map(({ credentialId: _, ...passkey }) => passkey),
    }),

    /**
     * What a browser needs to make a passkey for this account. Asks for all that a login does, which a passkey replaces.
     * Throws INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_INVALID, RATE_LIMITED, OVERLOADED.
     */
    beginAdding: async (identity: Identity, input: BeginPasskeyInput): Promise<NewPasskeyOptions> => {
      const { username } = await auth.requirePassword(identity, input.currentPassword);
      await codes.takeForLogin(identity.userId, input.code);
      const known = await queries.listPasskeys(database, identity.userId);
      const { generateRegistrationOptions } = await loadWebAuthn();
      const options = await generateRegistrationOptions({
        rpName: site.domain,
        rpID: site.domain,
        userName: username,
        userID: new TextEncoder().encode(identity.userId),
        challenge: challenges.make(adding(identity)),
        timeout: TIMEOUT_MS,
        attestationType: 'none',
        excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
      return { options: { ...options, rp: { ...options.rp, id: site.domain } } };
    },

    /** Keeps the passkey that a browser has made, and tells the owner. Throws VALIDATION_FAILED, SESSION_REVOKED. */
    add: async (identity: Identity, { name, credential }: AddPasskeyInput): Promise<Passkey> => {
      const { verifyRegistrationResponse } = await loadWebAuthn();
      const challenge = expectChallenge(adding(identity));
      const verified = await verifyRegistrationResponse({
        response: { ...credential, clientExtensionResults: {} },
        expectedChallenge: challenge.isOurs,
        expectedOrigin: expectedOriginsOf(site, credential.response.clientDataJSON),
        expectedRPID: site.domain,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(() => undefined);
      if (!verified?.verified) {
        throw invalidField('credential', 'is no answer to the options that this session was given');
      }
      const { id: credentialId, publicKey, counter } = verified.registrationInfo.credential;
      const { userId, sessionId } = identity;
      const id = uuidv7();
      const now = clock.now().toISOString();
      const wasAdded = await queries.addPasskey(database, {
        id,
        userId,
        sessionId,
        credentialId,
        publicKey: Buffer.from(publicKey).toString('base64url'),
        signCount: counter,
        name,
        now,
        max: PASSKEYS_MAX,
      });
      if (!wasAdded)
        throw invalidField(
          'credential',
          `is one too many: an account has at most ${PASSKEYS_MAX} passkeys, so remove one first`,
        );
      logger.info('Passkey added', { userId, passkeyId: id });
      mails.tellAdded(() => auth.me(identity));
      return { id, name, createdAt: now, lastUsedAt: null };
    },

    /** Tells the owner. Throws NOT_FOUND. */
    remove: async (identity: Identity, id: string): Promise<{ isDone: true }> => {
      const { userId } = identity;
      if (!(await queries.removePasskey(database, { id, userId }))) {
        throw new AppError('NOT_FOUND', { detail: 'You have no such passkey.' });
      }
      logger.info('Passkey removed', { userId, passkeyId: id });
      mails.tellRemoved(() => auth.me(identity));
      return { isDone: true };
    },

    /** What a browser needs to sign in with any passkey for this site. */
    beginLogin: async (): Promise<PasskeyOptions> => {
      const { generateAuthenticationOptions } = await loadWebAuthn();
      const options = await generateAuthenticationOptions({
        rpID: site.domain,
        challenge: challenges.make(LOGIN),
        timeout: TIMEOUT_MS,
        userVerification: 'required',
      });
      return { options: { ...options } };
    },

    /** Throws INVALID_CREDENTIALS, ACCOUNT_SUSPENDED. */
    login: async ({ credential }: PasskeyLoginInput, client: Client): Promise<SignedIn> => {
      const passkey = await queries.findPasskey(database, credential.id);
      if (!passkey) throw wrongPasskey();
      const { verifyAuthenticationResponse } = await loadWebAuthn();
      const challenge = expectChallenge(LOGIN);
      const { userHandle, ...response } = credential.response;
      const verified = await verifyAuthenticationResponse({
        response: { ...credential, clientExtensionResults: {}, response },
        expectedChallenge: challenge.isOurs,
        expectedOrigin: expectedOriginsOf(site, credential.response.clientDataJSON),
        expectedRPID: site.domain,
        requireUserVerification: true,
        credential: {
          id: credential.id,
          publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
          counter: passkey.signCount,
        },
      }).catch(() => undefined);
      if (!verified?.verified) throw wrongPasskey();
      const use = {
        id: passkey.id,
        signCount: verified.authenticationInfo.newCounter,
        challengedAt: challenge.madeAt(),
        now: clock.now().toISOString(),
      };
      if (!(await queries.usePasskey(database, use))) throw wrongPasskey();
      return auth.signInProven(passkey.userId, client);
    },
  };
};

export type PasskeysService = ReturnType<typeof createPasskeysService>;
