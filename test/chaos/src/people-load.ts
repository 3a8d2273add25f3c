import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { callBody, callHeaders, type McpWorld, type Proof } from '@causeway/test-e2e/mcp-world';
import type { FaultLedger } from './fault-ledger.ts';
import { send } from './send.ts';
import { type Content, PEOPLE, type Person, questionAt } from './who-may-see.ts';

/** One request, and what came of it. */
export interface Asked {
  readonly id: string;
  readonly who: Person;
  /** `undefined`: a token was asked for. */
  readonly tool: string | undefined;
  readonly sentAt: number;
  readonly endedAt: number;
  /** `undefined` when there was no answer. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly text: string;
}

export interface LoadOptions {
  readonly world: McpWorld;
  readonly ledger: FaultLedger;
  /** What this person may see between these two moments. */
  readonly regionsOf: (person: Person, sentAt: number, endedAt: number) => readonly string[];
  readonly pauseMs: number;
}

const CALLERS_EACH = 2;
const CALLS_PER_TOKEN = 40;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** Several people with several tools each, and a new token now and then, until they are stopped. */
export class PeopleLoad {
  readonly asked: Asked[] = [];
  /** Answers that nobody may have been given, whatever is broken. */
  readonly wrong: { readonly about: Asked; readonly found: string }[] = [];
  readonly #options: LoadOptions;
  readonly #subjects = new Map<string, string>();
  #callers: readonly Promise<void>[] = [];
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#callers = PEOPLE.flatMap((person) =>
      Array.from({ length: CALLERS_EACH }, (_, n) => this.#callOn(person, n * 3)),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }

  async #callOn(person: Person, first: number): Promise<void> {
    let proof: Proof | undefined;
    for (let n = first; !this.#isOver; n++) {
      if (proof === undefined || n % CALLS_PER_TOKEN === 0) proof = (await this.#prove(person)) ?? proof;
      const isRefused = proof !== undefined && !(await this.#call(person, proof, n));
      if (isRefused) proof = undefined;
      await delay(this.#options.pauseMs);
    }
  }

  /** Whether the token may be used again. */
  async #call(person: Person, { url, headers }: Proof, n: number): Promise<boolean> {
    const { tool, args, problem } = questionAt(n);
    const body = callBody('tools/call', { name: tool, arguments: args });
    const { host } = new URL(this.#options.world.url);
    const asked = await this.#ask(person, tool, (id) =>
      send({ url, host, body, headers: { ...headers, ...callHeaders('tools/call', tool), 'x-request-id': id } }),
    );
    if (asked.status === 200 && asked.code === undefined) {
      const { result } = JSON.parse(asked.text) as { result: { structuredContent: Content } };
      const regions = this.#options.regionsOf(person, asked.sentAt, asked.endedAt);
      const found = problem(result.structuredContent, person, regions);
      if (found !== undefined) this.wrong.push({ about: asked, found });
    }
    return asked.status !== 401;
  }

  async #prove(person: Person): Promise<Proof | undefined> {
    const { world } = this.#options;
    if (person.role === undefined) return world.proofOf(person.email);
    const subject = this.#subjects.get(person.email) ?? (await world.signIn(person.email));
    this.#subjects.set(person.email, subject);
    const asked = await this.#ask(person, undefined, (id) => {
      const body = new URLSearchParams({
        grant_type: EXCHANGE,
        client_id: 'partner-portal',
        subject_token: subject,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: world.url,
      });
      const portal = new URL('/oauth/token', world.environment['PORTAL_PUBLIC_URL']);
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-request-id': id };
      return send({ url: portal.href, host: portal.host, headers, body: body.toString() });
    });
    if (asked.status === 200) {
      const { access_token: token } = JSON.parse(asked.text) as { access_token: string };
      return world.bearer(token);
    }
    // Perhaps it is over.
    if (asked.status !== undefined) this.#subjects.delete(person.email);
    return undefined;
  }

  async #ask(who: Person, tool: string | undefined, ask: (id: string) => ReturnType<typeof send>): Promise<Asked> {
    const id = randomBytes(12).toString('hex');
    const sentAt = performance.now();
    const answer = await ask(id).catch((error: unknown) => ({ status: undefined, text: String(error) }));
    const endedAt = performance.now();
    const code = answer.status === undefined ? undefined : codeOf(answer.status, answer.text);
    const asked: Asked = { id, who, tool, sentAt, endedAt, ...answer, code };
    this.asked.push(asked);
    if (asked.status === undefined) await delay(200);
    return asked;
  }
}

interface Answered {
  readonly result?: { readonly isError?: boolean; readonly structuredContent?: { readonly error?: { code: string } } };
  readonly error?: string | { readonly code: string | number };
}

/** The code of a failure in any of its forms; what has none is named by its status. */
function codeOf(status: number, text: string): string | undefined {
  const { result, error } = read(text);
  if (result?.isError === true) return result.structuredContent?.error?.code ?? 'an error without a code';
  if (error !== undefined) return typeof error === 'string' ? error : String(error.code);
  return status === 200 ? undefined : `HTTP ${status}`;
}

function read(text: string): Answered {
  try {
    return JSON.parse(text) as Answered;
  } catch {
    return { error: 'no JSON' };
  }
}
