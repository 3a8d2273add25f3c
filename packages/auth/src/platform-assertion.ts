import { type Caller, AppError } from '@causeway/core';
import { type IssuedToken, signPortalJwt, type SigningKeySource } from './jwt/portal-jwt.ts';

/** Databricks copies its `exp` to the platform token. */
const PLATFORM_ASSERTION_SECONDS = 600;

export interface PlatformAssertionSignerOptions {
  readonly issuer: string;
  /** The workspace's token endpoint. */
  readonly audience: string;
  readonly keys: SigningKeySource;
  readonly now: () => number;
}

export interface PlatformAssertionSigner {
  /** For a caller whose principal token has just been verified. */
  sign(caller: Caller): Promise<IssuedToken>;
}

/** The portal's word to the data platform for one service principal (RFC 7523 §3): nothing of the human goes along. */
export function createPlatformAssertionSigner(options: PlatformAssertionSignerOptions): PlatformAssertionSigner {
  const { issuer, audience, keys, now } = options;
  return {
    sign: async ({ principal, pattern }) => {
      if (pattern === 'obo') throw new AppError('internal', 'under OBO the platform’s own token goes back to it');
      const jwt = { typ: 'JWT', issuer, subject: principal.id, audience };
      return signPortalJwt(keys, { ...jwt, nowMs: now(), lifetimeSeconds: PLATFORM_ASSERTION_SECONDS });
    },
  };
}
