import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

type Reply = { readonly id: number; readonly result?: unknown; readonly error?: string };

/** Whether processes can be kept on one core each, and if not, why. */
export function pinning(): { readonly possible: boolean; readonly reason?: string } {
  if (availableParallelism() < 2) return { possible: false, reason: 'there is only one core' };
  if (spawnSync('taskset', ['--version']).status !== 0) return { possible: false, reason: 'taskset is missing' };
  return { possible: true };
}

interface ChildOptions {
  readonly nodeFlags?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** A process of the harness, on a core of its own where that is possible, which answers questions. */
export class Child {
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(module: URL, core: number, { nodeFlags = [], environment = {} }: ChildOptions = {}) {
    const [command, ...args] = pinning().possible
      ? ['taskset', '--cpu-list', String(core), process.execPath, ...nodeFlags]
      : [process.execPath, ...nodeFlags];
    this.#process = spawn(command ?? process.execPath, [...args, module.pathname], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...environment },
    });
    this.#process.on('message', (reply: Reply) => this.#settle(reply));
    this.#process.on('error', (error) => this.#failAll(error));
    this.#process.on('exit', (code) => this.#failAll(new Error(`${module.pathname} ended with ${code}`)));
  }

  ask<T>(question: string, params: object = {}): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: (value) => resolve(value as T), reject });
      this.#process.send({ id, question, params });
    });
  }

  async stop(): Promise<void> {
    this.#pending.clear();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  #settle({ id, result, error }: Reply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new Error(error));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

type Answers = Readonly<Record<string, (params: never) => unknown>>;
type Question = { readonly id: number; readonly question: string; readonly params: never };

/** The other side of `Child`: what this process answers. It ends with its parent. */
export function answerParent(answers: Answers): void {
  const answer = async ({ question, params }: Question): Promise<unknown> => {
    const known = answers[question];
    if (!known) throw new Error(`nobody answers ${question}`);
    return known(params);
  };
  process.on('disconnect', () => process.exit());
  process.on('message', (asked: Question) => {
    answer(asked).then(
      (result) => process.send?.({ id: asked.id, result }),
      (error: unknown) =>
        process.send?.({ id: asked.id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
}
