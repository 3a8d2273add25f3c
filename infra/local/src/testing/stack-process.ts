import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Ports } from '../ports.ts';
import { portVariables } from './stack-ports.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** The real supervisor as a child process, and all that it has printed. */
export interface StackProcess {
  readonly child: ChildProcess;
  output(): string;
  waitFor(text: string): Promise<void>;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ending>;
  /** Waits for it to end by itself. */
  ending(): Promise<Ending>;
}

interface Ending {
  readonly code: number | null;
  readonly output: string;
}

export interface StackProcessOptions {
  readonly dataDir: string;
  readonly ports: Ports;
  readonly uid?: number;
  readonly gid?: number;
  /** What the shell does before it becomes the supervisor. */
  readonly before?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const WITHIN_MS = 60_000;

/** The environment is bare on purpose: no LANG, no HOME, nothing that happens to be set where the tests run. */
export function runStack({ dataDir, ports, before = ':', env = {}, ...ids }: StackProcessOptions): StackProcess {
  const script = `${before}; exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', script, process.execPath, MAIN, '--data-dir', dataDir], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...portVariables(ports), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...ids,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const closed = once(child, 'close');
  const ending = async (): Promise<Ending> => {
    await within(closed, () => `the stack did not end:\n${text}`);
    return { code: child.exitCode, output: text };
  };
  return {
    child,
    output: () => text,
    ending,
    async waitFor(wanted) {
      const deadline = Date.now() + WITHIN_MS;
      while (!text.includes(wanted)) {
        if (child.exitCode !== null || Date.now() > deadline) throw new Error(`no “${wanted}” in:\n${text}`);
        await delay(10);
      }
    },
    async end(signal = 'SIGINT') {
      child.kill(signal);
      return ending();
    },
  };
}

async function within<T>(promise: Promise<T>, describe: () => string): Promise<T> {
  const late = delay(WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(describe());
  });
  return Promise.race([promise, late]);
}

export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** Others may pass through it, as through an ordinary checkout. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'causeway-local-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
