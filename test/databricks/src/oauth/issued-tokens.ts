import { randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import { ApiError } from '../http/answer.ts';
import type { Workspace } from '../workspace.ts';
import type { IssuerKeys } from './federation.ts';
import type { Principal } from './principal.ts';

interface Issued {
  readonly application: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

const ISSUED_MAX = 10_000;

/** The workspace's own tokens: those that it gave out, and those of its people. */
export class IssuedTokens {
  readonly #issued = new Map<string, Issued>();
  readonly #workspace: Workspace;
  readonly #keys: IssuerKeys;

  constructor(workspace: Workspace, keys: IssuerKeys) {
    this.#workspace = workspace;
    this.#keys = keys;
  }

  issue(application: string, scopes: readonly string[], expiresAt: number): string {
    const token = `emulated.${randomBytes(32).toString('base64url')}`;
    if (this.#issued.size >= ISSUED_MAX) this.#issued.delete(this.#issued.keys().next().value ?? '');
    this.#issued.set(token, { application, scopes, expiresAt });
    return token;
  }

  async principalOf(authorization: string | undefined): Promise<Principal> {
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined)
      throw unauthenticated('Credential was not sent or was of an unsupported type for this API.');
    const issued = this.#issued.get(token);
    if (issued === undefined) return this.#userOf(token);
    if (issued.expiresAt * 1000 <= this.#workspace.now()) throw unauthenticated('The access token expired.');
    const { application, scopes } = issued;
    return { name: application, caller: this.#workspace.callerOf(application), scopes: new Set(scopes) };
  }

  /** A person signed in at the workspace: the token's subject is the user name. */
  async #userOf(token: string): Promise<Principal> {
    const { people } = this.#workspace.options;
    if (people === undefined) throw unauthenticated('Invalid access token.');
    const { issuer, audience, scopes } = people;
    try {
      const { payload } = await jwtVerify(token, await this.#keys.of(issuer), {
        issuer,
        audience,
        algorithms: ['RS256', 'ES256'],
        requiredClaims: ['exp', 'sub'],
      });
      const name = payload.sub ?? '';
      return { name, caller: this.#workspace.callerOfPerson(name), scopes: new Set(scopes) };
    } catch {
      throw unauthenticated('Invalid access token.');
    }
  }
}

export const unauthenticated = (message: string) => new ApiError(401, 'UNAUTHENTICATED', message);

/** Any of the scopes opens the endpoint; `all-apis` opens every one. */
export function checkScope({ scopes }: Principal, needed: readonly string[]): void {
  if (needed.length === 0 || scopes.has('all-apis') || needed.some((scope) => scopes.has(scope))) return;
  throw new ApiError(
    403,
    'PERMISSION_DENIED',
    `Provided OAuth token does not have required scopes: ${needed[0] ?? ''}`,
  );
}
