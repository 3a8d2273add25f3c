import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { McpWorld, type Proof } from '@causeway/test-e2e/mcp-world';
import { requirement } from '@causeway/test-e2e/requirement';
import { temporaryFolder } from '@causeway/test-e2e/temporary-folder';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startBearerProxy } from './bearer-proxy.ts';
import { NOT_PASSED, PASSED, type Revision } from './mcp-conformance-baseline.ts';

const require = createRequire(import.meta.url);
const SUITE = require.resolve('@modelcontextprotocol/conformance/dist/index.js');
const INSPECTOR = join(
  dirname(require.resolve('@modelcontextprotocol/inspector/package.json')),
  'clients/launcher/build/index.js',
);

let world: McpWorld;
let ada: Proof;
let wanda: Proof;
beforeAll(async () => {
  world = await McpWorld.start();
  [ada, wanda] = [await world.proofOf('ada@contoso.example'), await world.proofOf('wanda@northwind.example')];
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

interface Check {
  readonly id: string;
  readonly status: string;
}

/** Every scenario of the revision, with the checks of it that did not pass. */
async function conformance(revision: Revision): Promise<Map<string, Record<string, string>>> {
  using folder = temporaryFolder();
  await using proxy = await startBearerProxy(ada);
  const { stderr, stdout } = await run([
    SUITE,
    'server',
    '--url',
    proxy.url,
    '--requirements',
    revision,
    '-o',
    folder.path,
  ]);
  const scenarios = new Map<string, Record<string, string>>();
  for (const name of readdirSync(folder.path)) {
    const checks = JSON.parse(readFileSync(join(folder.path, name, 'checks.json'), 'utf8')) as Check[];
    const open = checks.filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO');
    const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '');
    scenarios.set(scenario, Object.fromEntries(open.map(({ id, status }) => [id, status])));
  }
  if (scenarios.size === 0) throw new Error(`the suite ran nothing:\n${stdout}\n${stderr}`);
  return scenarios;
}

describe('the official conformance suite', () => {
  for (const revision of Object.keys(NOT_PASSED) as Revision[]) {
    requirement(
      'mcp-revisions',
      `${revision}: what passes and what does not is what was reviewed, both ways`,
      async () => {
        const found = await conformance(revision);
        const open = [...found].filter(([, checks]) => Object.keys(checks).length > 0);
        const reviewed = Object.entries(NOT_PASSED[revision]).map(([scenario, { checks }]) => [scenario, checks]);
        expect(Object.fromEntries(open)).toEqual(Object.fromEntries(reviewed));
        const passed = [...found.keys()].filter((scenario) => !(scenario in NOT_PASSED[revision]));
        expect(passed.toSorted()).toEqual(PASSED[revision].toSorted());
      },
    );
  }
});

describe('the MCP Inspector', () => {
  /** A home of its own: the Inspector keeps a catalog and credentials there. */
  let home: ReturnType<typeof temporaryFolder>;
  beforeAll(() => {
    home = temporaryFolder();
  });
  afterAll(() => home[Symbol.dispose]());

  async function inspect(era: string, args: readonly string[], headers: Proof['headers'] = wanda.headers) {
    const target = ['--cli', wanda.url, '--transport', 'http', '--protocol-era', era, '--format', 'json', '-q'];
    const proof = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const env = { HOME: home.path, MCP_INSPECTOR_SECRET_STORE: 'memory' };
    const { code, stdout, stderr } = await run([INSPECTOR, ...target, ...proof, ...args], env);
    const answer = stdout === '' ? {} : (JSON.parse(stdout) as { result: Record<string, unknown> }).result;
    return { code, answer, stderr };
  }
  const call = (name: string, args: object) => [
    '--method',
    'tools/call',
    '--tool-name',
    name,
    '--tool-args-json',
    JSON.stringify(args),
  ];

  for (const [era, protocolVersion] of [
    ['legacy', '2025-11-25'],
    ['modern', '2026-07-28'],
  ] as const) {
    requirement(['mcp-revisions', 'tool-output-schema', 'text-equals-structured'], `in its ${era} era`, async () => {
      expect(await inspect(era, ['--method', 'initialize'])).toMatchObject({ code: 0, answer: { protocolVersion } });

      // Exit code 6: a schema that other clients would refuse.
      const listed = await inspect(era, ['--method', 'tools/list', '--strict']);
      expect(listed.code).toBe(0);
      expect((listed.answer['tools'] as { name: string }[]).map(({ name }) => name)).toEqual(await world.list(wanda));

      const summary = await inspect(era, call('get_region_summary', {}));
      const { rows } = summary.answer['structuredContent'] as { rows: { region: string }[] };
      expect([summary.code, rows.map(({ region }) => region)]).toEqual([0, ['WEST']]);
      expect(summary.answer['content']).toEqual([{ type: 'text', text: JSON.stringify({ rows }) }]);

      const refused = await inspect(era, call('query_sales_data', { limit: 0 }));
      expect(refused).toMatchObject({ code: 5, answer: { isError: true } });
    });
  }

  requirement('mcp-challenge', 'is told that a token is needed', async () => {
    const { code, stderr } = await inspect('modern', ['--method', 'tools/list', '--stored-auth-only'], {});
    expect([code, stderr]).toEqual([3, expect.stringMatching(/auth/i)]);
  });
});
