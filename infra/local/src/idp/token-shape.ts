import type { Person } from '../people.ts';

/** How one product looks from outside: where its endpoints are, and what its tokens say. */
export interface TokenShape {
  /** Below which path all its endpoints are. */
  readonly mount: string;
  /** The discovery document's path below the mount, where that is not directly below it. */
  readonly discoveryPath?: string;
  readonly routes: {
    readonly authorization: string;
    readonly token: string;
    readonly jwks: string;
    readonly end_session: string;
  };
  /** ID token claims, by the scope that opens them. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  idToken(person: Person, issuance: Issuance): Readonly<Record<string, unknown>>;
  accessToken(person: Person, issuance: AccessTokenIssuance): AccessTokenParts;
  /** A subject per client, where the product issues such in ID tokens. */
  pairwise?(subject: string, clientId: string): string;
}

interface Issuance {
  readonly clientId: string;
  readonly issuedAt: number;
}

interface AccessTokenIssuance extends Issuance {
  readonly issuer: string;
  readonly audience: string;
  readonly confidential: boolean;
  readonly scope: string;
  readonly expiresAt: number;
  /** When the person signed in. */
  readonly authTime: number | undefined;
}

interface AccessTokenParts {
  readonly typ: 'JWT' | undefined;
  readonly payload: Readonly<Record<string, unknown>>;
}
