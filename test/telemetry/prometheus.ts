import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@causeway/runtime/testing/free-ports';

export const OBSERVABILITY = fileURLToPath(new URL('../../infra/observability/', import.meta.url));

/** One series of an answer: its labels, and its value as text. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A real Prometheus, with the scrape configuration and the rules that are in the repository; only ports and intervals are others. */
export class Prometheus implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(url: string, child: ChildProcess, dir: string) {
    this.url = url;
    this.#child = child;
    this.#dir = dir;
  }

  static async start(changePorts: (config: string) => string): Promise<Prometheus> {
    const dir = mkdtempSync(join(tmpdir(), 'causeway-prometheus-'));
    const config = changePorts(readFileSync(join(OBSERVABILITY, 'prometheus.yml'), 'utf8'))
      .replaceAll('15s', '1s')
      .replace('[alerts.yml]', `['${join(OBSERVABILITY, 'alerts.yml')}']`);
    writeFileSync(join(dir, 'prometheus.yml'), config);
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus',
      [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=${address}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let output = '';
    child.stderr?.on('data', (text) => (output += String(text)));
    const failed = once(child, 'error').then(([error]) => {
      throw new Error('Debian’s package "prometheus" is not installed', { cause: error });
    });
    const prometheus = new Prometheus(`http://${address}`, child, dir);
    await Promise.race([failed, prometheus.#ready(() => output)]);
    return prometheus;
  }

  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = await this.#get<{ result: readonly Sample[] }>('/api/v1/query', { query: expression });
    return result;
  }

  async alertNames(): Promise<readonly string[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: readonly { name: string }[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules.map(({ name }) => name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    if (this.#child.kill('SIGTERM')) await ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #get<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`${this.url}${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { readonly status: string; readonly error?: string; readonly data: T };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters['query'] ?? path}`);
    return answer.data;
  }

  async #ready(output: () => string): Promise<void> {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(50)) {
      if (this.#child.exitCode !== null) throw new Error(`Prometheus ended: ${output()}`);
      const isReady = await fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return;
    }
    throw new Error(`Prometheus is not ready: ${output()}`);
  }
}
