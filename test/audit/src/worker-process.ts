import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { endProcess } from '@causeway/runtime/testing/server-process';

const ENTRY = fileURLToPath(new URL('../../../services/audit-worker/src/main.ts', import.meta.url));

/** The real service, as a process. */
export class WorkerProcess {
  readonly #env: Readonly<Record<string, string>>;
  readonly #logPath: string;
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(env: Readonly<Record<string, string>>, logPath: string) {
    this.#env = env;
    this.#logPath = logPath;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  log(): string {
    return readFileSync(this.#logPath, 'utf8');
  }

  async start(): Promise<void> {
    this.#port = await freePort();
    const log = openSync(this.#logPath, 'a');
    const env = { ...this.#env, AUDIT_WORKER_LISTEN: `127.0.0.1:${this.#port}`, LOG_LEVEL: 'warn' };
    this.#child = spawn(process.execPath, [ENTRY], { env, stdio: ['ignore', log, log] });
    closeSync(log);
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await endProcess(this.#child, 'SIGKILL');
  }

  /** As an orchestrator does; returns the exit code. */
  async end(): Promise<number | null | undefined> {
    if (this.#child !== undefined) await endProcess(this.#child, 'SIGTERM');
    return this.#child?.exitCode;
  }
}
