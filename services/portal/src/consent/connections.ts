import type { RevocationFeed } from '@causeway/auth';
import { AppError } from '@causeway/core';
import type { StateStore } from '../state/state-store.ts';
import { type Application, type Consents, type Person, personKey } from './consents.ts';

export interface ConnectionsDeps {
  readonly store: StateStore;
  readonly consents: Consents;
  readonly revocations: Pick<RevocationFeed, 'revoke'>;
  /** Ends a grant of the authorization server: its refresh tokens, and what else came of it. */
  readonly endGrant: (grantId: string) => Promise<void>;
  readonly now: () => number;
}

export interface NotedToken {
  readonly tokenId: string;
  readonly expiresAt: Date;
}

interface NotedGrant {
  readonly grantId: string;
  readonly ttlMs: number;
}

interface Agreement {
  readonly scopes: readonly string[];
  /** The last "no" as it was when the human said yes. */
  readonly lastNo: string | undefined;
  /** What the authorization server is about to give out for it. */
  readonly grant?: NotedGrant;
}

const SKEW_MS = 60_000;

/** What was given out to an application for a human, so that taking it back reaches tokens that are out already. */
export class Connections {
  readonly #deps: ConnectionsDeps;

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps;
  }

  async noteGrant(person: Person, application: Application, { grantId, ttlMs }: NotedGrant): Promise<void> {
    await this.#deps.store.set(`grant-of:${grantId}`, grantId, { ttlMs, group: grantsOf(person, application) });
  }

  noteGrantToken(grantId: string, token: NotedToken): Promise<void> {
    return this.#note(tokensOfGrant(grantId), token);
  }

  noteAgentToken(person: Person, agentId: string, token: NotedToken): Promise<void> {
    return this.#note(tokensOfAgent(person, `agent:${agentId}`), token);
  }

  /** The tokens that came of a grant which ended. */
  async endGrantTokens(grantId: string, reason: string): Promise<void> {
    await this.#revokeGroup(tokensOfGrant(grantId), reason);
  }

  /** The human's "yes". Throws when they said no meanwhile: that wins, whichever of the two comes first to the store. */
  async connect(person: Person, application: Application, { scopes, lastNo, grant }: Agreement): Promise<void> {
    const { consents } = this.#deps;
    // Before the yes: a "no" that comes after it finds the grant here.
    if (grant !== undefined) await this.noteGrant(person, application, grant);
    await consents.allow(person, application, scopes);
    if ((await consents.lastNo(person, application)) === lastNo) return;
    await this.disconnect(person, application);
    throw new AppError('invalid_request', 'the human took it back meanwhile', { safeDetail: TAKEN_BACK });
  }

  /** The human's "no": kept as such, and in force for every token that the application holds for them. */
  async disconnect(person: Person, application: Application): Promise<void> {
    const { store, consents, endGrant } = this.#deps;
    await consents.deny(person, application);
    const group = grantsOf(person, application);
    for (const grantId of (await store.entriesOf(group)).values()) await endGrant(grantId);
    await store.deleteGroup(group);
    await this.#revokeGroup(tokensOfAgent(person, application), 'the human took back the consent');
  }

  async #note(group: string, { tokenId, expiresAt }: NotedToken): Promise<void> {
    const ttlMs = Math.max(1, expiresAt.getTime() + SKEW_MS - this.#deps.now());
    await this.#deps.store.set(`token-of:${tokenId}`, tokenId, { ttlMs, group });
  }

  async #revokeGroup(group: string, reason: string): Promise<void> {
    const { store, revocations, now } = this.#deps;
    const tokens = await store.entriesOf(group);
    // No principal token lives for longer than 15 minutes.
    const until = new Date(now() + 15 * 60_000 + SKEW_MS);
    for (const id of tokens.values()) await revocations.revoke({ what: { kind: 'token', id }, reason, until });
    await store.deleteGroup(group);
  }
}

const TAKEN_BACK = 'You took this back at the same moment, so it is not allowed.';

const grantsOf = (person: Person, application: Application) => `grants-of:${personKey(person)}:${application}`;
const tokensOfGrant = (grantId: string) => `tokens-of-grant:${grantId}`;
const tokensOfAgent = (person: Person, application: string) => `tokens-of:${personKey(person)}:${application}`;
