import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '@causeway/cli/commands';
import { runCli } from '@causeway/cli/run-cli';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import type { SecurityWorld } from '../security-world.ts';

/** What a reader of logs and exports could be harmed by. None of it may be read by anything but eyes. */
const HOSTILE = [
  '/ok\r\n{"level":"fatal","msg":"forged"}',
  '/\u001b[2J\u001b]0;owned\u0007',
  '/\u009b31mred\u009d0;owned\u009c',
  '/\u202eflipped\u2066',
  "=cmd|' /C calc'!A0",
  '/a;=cmd|calc',
  '/a\t=cmd|calc',
  '@SUM(1+1)',
  '+1+1',
  '-1+1',
  '/a",=cmd|calc,"',
] as const;

const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u; // oxlint-disable-line no-control-regex

export function writtenRecords(started: () => SecurityWorld): void {
  describe('what is written down', () => {
    const marker = `records-${randomUUID()}`;

    // Not an attack: what the tests below look at.
    test('[records-written] the hostile words of the tests below are in the trail', async () => {
      const world = started();
      await Promise.all(HOSTILE.map((words, at) => leave(world, words, `${marker}-${at}`)));
      const rows = () => world.audit('SELECT 1 FROM audit_base.tool_calls WHERE request_id LIKE $1', [`${marker}%`]);
      await expect.poll(async () => (await rows()).length, { timeout: 60_000, interval: 100 }).toBe(3 * HOSTILE.length);
    });

    // Red when packages/runtime/src/logging/create-logger.ts writes what it is told as it is.
    test.each(['portal', 'mcp', 'audit-worker'])(
      '[records-log] every line of the log of %s is one JSON object without a control character',
      (service) => {
        const text = readFileSync(join(started().dataDir, 'logs', `${service}.log`), 'utf8');
        const lines = text.split('\n').filter((line) => line !== '');
        expect(lines.length).toBeGreaterThan(1);
        for (const line of lines) {
          expect(CONTROL.exec(line)?.index).toBeUndefined();
          expect(JSON.parse(line)).toHaveProperty('level');
        }
        expect(text).not.toContain('"level":"fatal"');
      },
    );

    // Red when `rowLine` or the JSON of packages/cli/src/commands/audit-row-text.ts keeps control characters.
    test.each([
      ['audit', 'tail', '-n', '500'],
      ['audit', 'tail', '-n', '500', '--json'],
      ['audit', 'export', '--since', '1h'],
    ])('[records-terminal] `causeway %s %s` on a terminal cannot steer it', async (...args) => {
      const text = await causeway(started(), args);
      expect(text).toContain('external_api_call');
      for (const line of text.split('\n')) expect(CONTROL.exec(line)?.index, line.slice(0, 400)).toBeUndefined();
    });

    // Red when `cell` in packages/cli/src/commands/audit-row-text.ts puts no apostrophe.
    test.each([',', ';', '\t'])(
      '[records-csv] no cell of the exported CSV is a formula, also where a cell ends at %j',
      async (separator) => {
        const text = await causeway(started(), ['audit', 'export', '--since', '1h', '--format', 'csv']);
        expect(text).toContain('cmd|');
        for (const line of text.split('\r\n')) {
          for (const cell of cellsOf(line, separator)) expect(cell).not.toMatch(/^["\s]*(?:[=+@＝＋＠]|-\D)/u);
          expect(CONTROL.exec(line.replaceAll('\t', ''))?.index).toBeUndefined();
        }
      },
    );
  });
}

/** As the path of a call, and as the name of a client that is none. */
async function leave(world: SecurityWorld, words: string, requestId: string): Promise<void> {
  const from = '127.0.0.41';
  const proof = await world.as(EMAIL.elena);
  const args = { connection: 'hostile', method: 'GET', path: words };
  await world.call([...proof, ['x-request-id', requestId]], 'external_api_call', args);
  // Where the reason names what was asked for.
  const nowhere = { ...args, connection: words.slice(0, 41) };
  await world.call([...proof, ['x-request-id', `${requestId}-c`]], 'external_api_call', nowhere);
  // Headers may hold any byte but those that end them.
  const header = words.replaceAll(/[^\u0020-\u00ff]/g, '?');
  const names = ['x-request-id', 'user-agent', 'referer', 'traceparent', 'x-forwarded-for', 'mcp-method'];
  const url = `${world.mcp.url}?x=${encodeURIComponent(words)}`;
  await world.send({ url, from: '127.0.0.9', headers: names.map((name) => [name, header]) });
  const form = { grant_type: 'client_credentials', client_id: words, client_secret: words, scope: words };
  await world.post('/oauth/token', form, { from, headers: [['x-request-id', `${requestId}-t`]] });
}

/** What the command prints. */
async function causeway({ mcp, dataDir }: SecurityWorld, args: readonly string[]): Promise<string> {
  let printed = '';
  const print = { write: (text: string) => (printed += text) };
  const env = mcp.environment;
  const signal = AbortSignal.timeout(60_000);
  expect(await runCli(args, COMMANDS, { env, cwd: dataDir, stdout: print, stderr: print, signal, version: '0' })).toBe(
    0,
  );
  return printed;
}

/** As a spreadsheet splits a line: quotes hold a cell together only where they begin it. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  for (let rest = line; rest !== '';) {
    const [cell = ''] = /^"(?:[^"]|"")*"?/.exec(rest) ?? [];
    const end = rest.indexOf(separator, cell.length);
    cells.push(end < 0 ? rest : rest.slice(0, end));
    rest = end < 0 ? '' : rest.slice(end + 1);
  }
  return cells;
}
