import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The checkout whose commands are run. */
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command as a person runs it in a terminal: a process group of its own, which Ctrl-C reaches as a whole. */
export class Command {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #stdout = '';
  #stderr = '';

  constructor(line: readonly [string, ...string[]], { cwd = CHECKOUT, env = {} }: CommandOptions = {}) {
    const [program, ...args] = line;
    this.#process = spawn(program, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#closed = once(this.#process, 'close');
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Waits until a line of stdout begins with the text; fails when the command ends before that. */
  async lineBeginning(text: string): Promise<void> {
    const begins = () => this.#stdout.split('\n').some((line) => line.startsWith(text));
    while (!begins()) {
      const ended = this.#closed.then(() => 'ended');
      const more = this.#process.stdout ? once(this.#process.stdout, 'data') : ended;
      if ((await Promise.race([ended, more])) === 'ended' && !begins()) {
        throw new Error(`ended before a line beginning "${text}":\n${this.#stdout}\n${this.#stderr}`);
      }
    }
  }

  /** What Ctrl-C in a terminal does. */
  interrupt(): void {
    this.#signal('SIGINT');
  }

  async finished(): Promise<Finished> {
    await this.#closed;
    const { exitCode, signalCode } = this.#process;
    return {
      exitCode: exitCode ?? undefined,
      signal: signalCode ?? undefined,
      stdout: this.#stdout,
      stderr: this.#stderr,
    };
  }

  /** Ends it whatever it does, for the clean-up of a test that failed. */
  async end(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.interrupt();
      const inTime = await Promise.race([this.#closed.then(() => true), after(15_000)]);
      if (!inTime) this.#signal('SIGKILL');
    }
    await this.#closed;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

export function runCommand(line: readonly [string, ...string[]], options?: CommandOptions): Promise<Finished> {
  return new Command(line, options).finished();
}

async function after(milliseconds: number): Promise<false> {
  const { promise, resolve } = Promise.withResolvers<false>();
  setTimeout(() => resolve(false), milliseconds).unref();
  return promise;
}
