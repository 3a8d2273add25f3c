import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { callBody, callHeaders, type McpWorld } from '@causeway/test-e2e/mcp-world';

export interface LoadReport {
  /** Request ids of what was answered. */
  readonly calls: readonly string[];
  readonly exchanges: readonly string[];
  /** Everything that was not answered as it should be. */
  readonly failures: readonly string[];
}

export interface LoadOptions {
  readonly callers: number;
  /** Between two calls of a caller; without it, so long that nobody comes near a limit. */
  readonly pauseMs?: number;
}

const TOOLS = [
  ['check_identity', {}],
  ['query_sales_data', { limit: 2 }],
  ['get_region_summary', {}],
] as const;

/** Enough of them that nobody comes near a limit of the demo policy. */
const PEOPLE = [
  'ada@contoso.example',
  'elena@contoso.example',
  'mona@fabrikam.example',
  'felix@fabrikam.example',
] as const;
const PAUSE_MS = 100;

/** Callers who call one tool after the other, and one who exchanges tokens, until they are stopped. */
export class Load {
  readonly #report = { calls: [] as string[], exchanges: [] as string[], failures: [] as string[] };
  readonly #callers: readonly Promise<void>[];
  readonly #pauseMs: number;
  #isOver = false;

  private constructor(
    world: McpWorld,
    { callers, pauseMs = PAUSE_MS }: LoadOptions,
    who: { tokens: readonly string[]; subject: string },
  ) {
    this.#pauseMs = pauseMs;
    this.#callers = [
      ...Array.from({ length: callers }, (_, at) => this.#callOn(world, who.tokens[at % who.tokens.length] ?? '', at)),
      this.#exchangeOn(world, who.subject),
    ];
  }

  static async start(world: McpWorld, options: LoadOptions): Promise<Load> {
    const subjects = await Promise.all(PEOPLE.map((email) => world.signIn(email)));
    const tokens = await Promise.all(subjects.map((subject) => world.exchange(subject)));
    return new Load(world, options, { subject: subjects[0] ?? '', tokens });
  }

  async stop(): Promise<LoadReport> {
    this.#isOver = true;
    await Promise.all(this.#callers);
    return this.#report;
  }

  async #callOn({ url }: McpWorld, token: string, first: number): Promise<void> {
    for (let n = first; !this.#isOver; n++) {
      const [name, args] = TOOLS[n % TOOLS.length] ?? TOOLS[0];
      const id = randomBytes(12).toString('hex');
      const headers = { ...callHeaders('tools/call', name), authorization: `Bearer ${token}`, 'x-request-id': id };
      await this.#note(this.#report.calls, id, async () => {
        const body = callBody('tools/call', { name, arguments: args });
        const response = await fetch(url, { method: 'POST', headers, body });
        const text = await response.text();
        return response.status === 200 && !text.includes('"isError":true') ? undefined : `${response.status} ${text}`;
      });
    }
  }

  async #exchangeOn(world: McpWorld, subject: string): Promise<void> {
    const { PORTAL_PUBLIC_URL: portal } = world.environment;
    while (!this.#isOver) {
      const id = randomBytes(12).toString('hex');
      await this.#note(this.#report.exchanges, id, async () => {
        const body = new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          client_id: 'partner-portal',
          subject_token: subject,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          resource: world.url,
        });
        const response = await fetch(`${portal}/oauth/token`, {
          method: 'POST',
          headers: { 'x-request-id': id },
          body,
        });
        const text = await response.text();
        return response.status === 200 ? undefined : `${response.status} ${text}`;
      });
    }
  }

  async #note(answered: string[], id: string, attempt: () => Promise<string | undefined>): Promise<void> {
    const failure = await attempt().catch((error: unknown) => String((error as Error).cause ?? error));
    if (failure === undefined) answered.push(id);
    else this.#report.failures.push(`${id}: ${failure}`);
    await delay(this.#pauseMs);
  }
}
