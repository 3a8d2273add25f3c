import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { ProducerJob } from './producer-job.ts';

const ENTRY = fileURLToPath(new URL('producer-process.ts', import.meta.url));

/** A producer as a process of its own, and what it was heard to have accepted. */
export class LoadProducer {
  readonly #job: Omit<ProducerJob, 'name'>;
  readonly #accepted: Set<string>;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #refused = 0;
  #errors = '';

  constructor(job: Omit<ProducerJob, 'name'>, accepted: Set<string>) {
    this.#job = job;
    this.#accepted = accepted;
  }

  /** How many attempts it was told to refuse. */
  get refused(): number {
    return this.#refused;
  }

  /** Resolves when it is at work. */
  async start(): Promise<void> {
    const name = randomUUID().slice(0, 8);
    const child = spawn(process.execPath, [ENTRY, JSON.stringify({ ...this.#job, name } satisfies ProducerJob)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const working = Promise.withResolvers<void>();
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      // A line that a kill cut in two was not heard.
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '.') working.resolve();
        else this.#hear(line);
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    await Promise.race([working.promise, this.#ended]);
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Lets it finish what it has. */
  async end(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
    if (this.#child?.exitCode !== 0)
      throw new Error(`the producer ended with ${this.#child?.exitCode}: ${this.#errors}`);
  }

  #hear(line: string): void {
    if (line.startsWith('+')) this.#accepted.add(line.slice(1));
    else this.#refused += 1;
  }
}
