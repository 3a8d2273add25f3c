import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { AppError } from '@causeway/core';
import { expect, test } from 'vitest';
import { openRaw } from '../http/testing/raw-http.ts';
import { runMain } from './run-main.ts';

function fakeProcess() {
  const seen = { ends: [] as string[], text: '', crash: (_error: unknown): void => undefined };
  const host = {
    on: (_event: 'uncaughtException', listener: (error: unknown) => void) => {
      seen.crash = listener;
    },
    exit: (code: number) => void seen.ends.push(`exit ${code}`),
    end: (code: number) => void seen.ends.push(`end ${code}`),
    stderr: { write: (written: string) => (seen.text += written) },
  };
  return { seen, host };
}

test('wrong settings end the process with 78 and are told', async () => {
  const { seen, host } = fakeProcess();
  await runMain(() => Promise.reject(new AppError('config_invalid', 'A_PORT is not set')), host);
  expect(seen).toMatchObject({ ends: ['end 78'], text: 'A_PORT is not set\n' });
});

test('anything unforeseen ends it with 1 and does not tell the text of the exception', async () => {
  const { seen, host } = fakeProcess();
  const error = Object.assign(new Error('hunter2'), { connectionString: 'hunter2', code: 'ECONNREFUSED' });
  await runMain(() => Promise.reject(new AppError('internal', 'the database is gone', { cause: error })), host);
  expect(seen.ends).toEqual(['end 1']);
  expect(seen.text).toContain('the database is gone');
  expect(seen.text).toContain('ECONNREFUSED');
  expect(seen.text).not.toContain('hunter2');
});

test('a crash after the start is treated the same', async () => {
  const { seen, host } = fakeProcess();
  await runMain(() => Promise.resolve(), host);
  expect(seen.ends).toEqual([]);
  seen.crash(new Error('hunter2'));
  expect(seen.ends).toEqual(['exit 1']);
  expect(seen.text).not.toContain('hunter2');
});

const MAIN = `
  import * as runtime from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)};
  const { createLogger, createMetrics, publicUrl, readSettings, runMain, serve, serviceVariables } = runtime;
  await runMain(async () => {
    const settings = readSettings(
      {
        ...serviceVariables('DEMO_LISTEN', 0),
        publicUrl: publicUrl('DEMO_PUBLIC_URL', { description: 'x', localDefault: 'http://127.0.0.1' }),
      },
      process.env,
    );
    const logger = createLogger({ service: 'demo', level: settings.logLevel });
    const mount = (app) => {
      app.get('/crash', () => { setImmediate(() => { throw new Error('hunter2'); }); });
      app.get('/reject', () => { void Promise.reject(new Error('hunter2')); });
    };
    const app = { listen: settings.listen, publicUrls: [settings.publicUrl], routes: [], mount };
    const { ports } = await serve({
      service: 'demo', settings, logger, metrics: createMetrics(), checks: [], apps: [app], closers: [],
    });
    process.stderr.write('port ' + ports[0] + '\\n');
  });`;

/** The same program that a service is, as a process of its own. */
function startProcess(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', MAIN], { env: environment });
  const exited = once(child, 'exit').then(([code]: unknown[]) => code);
  return { child, exited, stdout: text(child.stdout), stderr: text(child.stderr) };
}

async function portOf({ child }: ReturnType<typeof startProcess>): Promise<number> {
  const [chunk] = (await once(child.stderr, 'data')) as [Buffer];
  return Number(/port (\d+)/.exec(chunk.toString())?.[1]);
}

// Starting Node takes a second, and several on a busy machine.
const SLOW = { timeout: 30_000 };

test('a real process: SIGTERM ends it with 0, and its last lines are written', SLOW, async () => {
  const started = startProcess({});
  await portOf(started);
  started.child.kill('SIGTERM');
  expect(await started.exited).toBe(0);
  expect(await started.stdout).toMatch(/"msg":"stopping"[^]*"msg":"stopped"/);
});

test('a real process: wrong settings end it with 78 and name the variables', SLOW, async () => {
  const wrong = startProcess({ DEMO_LISTEN: 'hunter2', LOG_LEVEL: 'hunter2' });
  expect(await wrong.exited).toBe(78);
  const told = await wrong.stderr;
  expect(told).toMatch(/DEMO_LISTEN must be[^]*LOG_LEVEL must be/);
  expect(told).not.toContain('hunter2');
});

test('a real process: a taken port ends it with 78 and names the variable', SLOW, async () => {
  const first = startProcess({});
  const port = await portOf(first);
  const second = startProcess({ DEMO_LISTEN: String(port) });
  expect(await second.exited).toBe(78);
  expect(await second.stderr).toBe(`DEMO_LISTEN: port ${port} on 127.0.0.1 is taken by another process\n`);
  first.child.kill('SIGTERM');
  expect(await first.exited).toBe(0);
});

test.each(['/crash', '/reject'])('a real process: after %s it ends with 1 and tells no text', SLOW, async (path) => {
  const started = startProcess({});
  const connection = openRaw(await portOf(started));
  connection.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  expect(await started.exited).toBe(1);
  const told = (await started.stderr) + (await started.stdout);
  expect(told).toContain('"fatal"');
  expect(told).not.toContain('hunter2');
});
