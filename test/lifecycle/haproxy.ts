import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const CONFIG = fileURLToPath(new URL('../../infra/proxy/haproxy.cfg', import.meta.url));

/** What of the file is different here: names, addresses, the certificate. */
export type Edits = readonly (readonly [from: string | RegExp, to: string])[];

/** The proxy of Debian with the configuration that operators copy. */
export class Haproxy implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #statusPort: number;
  #said = '';

  private constructor(child: ChildProcess, statusPort: number) {
    this.#child = child;
    this.#statusPort = statusPort;
  }

  static async start(dir: string, statusPort: number, edits: Edits): Promise<Haproxy> {
    const file = join(dir, 'haproxy.cfg');
    let text = readFileSync(CONFIG, 'utf8');
    for (const [from, to] of edits) {
      const edited = text.replaceAll(from, to);
      if (edited === text) throw new Error(`the configuration has no ${from}`);
      text = edited;
    }
    writeFileSync(file, text.replace(':8404', `:${statusPort}`));
    const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const proxy = new Haproxy(child, statusPort);
    child.stderr.setEncoding('utf8').on('data', (said: string) => (proxy.#said += said));
    await proxy.#until('the proxy answers', async () => (await proxy.#status()) !== undefined);
    return proxy;
  }

  /** Until the proxy sees this server, as in `mcp/mcp-1`, so. */
  async sees(server: string, state: 'UP' | 'DOWN'): Promise<void> {
    await this.#until(
      `${server} is ${state}`,
      async () => (await this.#status())?.get(server)?.startsWith(state) === true,
    );
  }

  #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    return until(what, () => {
      if (this.#child.exitCode !== null) throw new Error(`haproxy ended:\n${this.#said}`);
      return holds();
    });
  }

  /** The state of each server by `backend/server`. */
  async #status(): Promise<ReadonlyMap<string, string> | undefined> {
    const answer = await fetch(`http://127.0.0.1:${this.#statusPort}/;csv`).catch(() => undefined);
    if (answer?.ok !== true) return undefined;
    const rows = (await answer.text()).split('\n').map((line) => line.split(','));
    const at = rows[0]?.indexOf('status') ?? -1;
    return new Map(rows.map((row) => [`${row[0]}/${row[1]}`, row[at] ?? '']));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
