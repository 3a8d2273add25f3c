import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container } from './container.ts';
import { DeploymentWorld, type ServiceName } from './deployment-world.ts';

const PROGRAMS: readonly ServiceName[] = ['portal', 'mcp', 'audit-worker', 'cli'];
/** Whoever passes the images on keeps the notices; nothing more is asked by any of these. */
const LICENCES = new Set(['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);
const SERVICES = ['portal', 'mcp', 'audit-worker'] as const;

const ROOT = join(import.meta.dirname, '../..');

let world: DeploymentWorld;
beforeAll(async () => {
  world = await DeploymentWorld.start();
}, 300_000);
afterAll(() => world?.[Symbol.asyncDispose]());

describe('before anything is set', () => {
  test.each(SERVICES)('%s names what it misses and ends with 78', (name) => {
    const image = world.images.get(name);
    const [, ...args] = image?.entrypoint ?? [];
    const { status, stderr } = spawnSync(
      join(world.dir, 'bin', 'node'),
      args.map((arg) => arg.replace('/app/', `${world.app(name)}/`)),
      { env: { ...image?.env }, encoding: 'utf8', cwd: world.app(name) },
    );
    expect(status).toBe(78);
    expect(stderr).toContain('AUDIT_PRODUCER_KEY');
  });
});

describe('an operator’s first hour, from the images', () => {
  const running = new Map<string, Container>();

  test('the policy passes, the dry run changes nothing, and db apply is needed once', async () => {
    const check = await world.causeway('policy', 'check', '--production');
    expect(check.output).toContain('is a good policy: 0 errors, 0 warnings');
    const dry = await world.causeway('db', 'apply', '--dry-run');
    expect([dry.code, dry.output]).toEqual([0, expect.stringContaining('Nothing was changed.')]);
    const first = await world.causeway('db', 'apply');
    expect([first.code, first.output]).toEqual([0, expect.stringContaining('causeway_gateway')]);
    const second = await world.causeway('db', 'apply');
    expect([second.code, second.output]).toEqual([0, 'nothing to do\n']);
    expect((await world.causeway('db', 'sample')).code).toBe(0);
  });

  test('the portal does not start without keys; keys create makes them', async () => {
    const keyless = world.run('portal');
    expect(await keyless.ended).toBe(78);
    expect(keyless.output()).toContain('signing-keys.json is missing');
    expect((await world.causeway('keys', 'create')).code).toBe(0);
  });

  test('all three get ready, and their own health check says so', async () => {
    for (const name of SERVICES) running.set(name, await world.startService(name));
    for (const name of SERVICES) {
      const [program = '', ...args] = world.images.get(name)?.health ?? [];
      expect(program).toBe('/usr/local/bin/node');
      const port = /127\.0\.0\.1:(\d+)/.exec(args.join(' '))?.[1] ?? '';
      const checkOn = (where: number) =>
        spawnSync(
          process.execPath,
          args.map((arg) => arg.replace(port, String(where))),
        ).status;
      expect([checkOn(world.port(`${name} admin`)), checkOn(1)]).toEqual([0, 1]);
    }
  });

  test('an agent gets a token by TLS and calls a tool, and the audit trail has it', async () => {
    const answer = await world.fetch(`${world.portalUrl}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'supervisor',
        client_secret: world.secret('supervisor-secret'),
        resource: `${world.mcpUrl}/mcp`,
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const called = await world.fetch(`${world.mcpUrl}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'query_sales_data', arguments: { limit: 1 } },
      }),
    });
    expect([called.status, await called.json()]).toMatchObject([
      200,
      { result: { structuredContent: { total_rows: 5000, masked_columns: [] } } },
    ]);
    const requestId = called.headers.get('x-request-id') ?? '';
    const find = async () => (await world.causeway('audit', 'tail', '--filter', `request_id=${requestId}`)).output;
    await expect.poll(find, { timeout: 60_000, interval: 200 }).toMatch(/success +tool_call .*query_sales_data/);
    const verified = await world.causeway('audit', 'verify');
    expect([verified.code, verified.output]).toEqual([0, expect.stringContaining('rows are what was stored')]);
  });

  test('each of them comes to Redis by its own login, which lacked nothing, and nobody comes without one', async () => {
    const clients = await world.askRedis(['CLIENT', 'LIST']);
    const logins = new Set([...clients.matchAll(/ user=(\S+)/g)].map(([, login]) => login));
    expect(logins).toEqual(new Set(['causeway_audit_worker', 'causeway_mcp', 'causeway_portal', 'inspector']));
    expect(await world.askRedis(['ACL', 'LOG'])).toBe('');
    expect(await world.askRedis(['PING'], [])).toBe('NOAUTH Authentication required.');
  });

  test('nobody gets past the edge by another name, and nothing of the inside is served outside', async () => {
    expect(await world.statusFor(new URL(world.mcpUrl).host)).toBe(200);
    expect(await world.statusFor('other.example.com')).toBe(421);
    expect(await world.statusFor('127.0.0.1')).toBe(421);
    expect((await world.fetch(`${world.mcpUrl}/metrics`)).status).toBe(404);
    // Only where it arrives it is refused with 400.
    const headers = { 'content-type': 'application/json', 'x-forwarded-access-token': 'x' };
    expect((await world.fetch(`${world.mcpUrl}/mcp`, { method: 'POST', headers, body: '{}' })).status).toBe(401);
    const health = await world.fetch(`${world.mcpUrl}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: expect.stringMatching(/^(ok|degraded)$/) }]);
  });

  test('the on-behalf-of listener believes the platform’s proxy alone', async () => {
    const from = (localAddress: string) =>
      request(`http://127.0.0.1:${world.port('mcp obo')}/mcp`, {
        method: 'POST',
        headers: {
          host: new URL(world.mcpUrl).host,
          'content-type': 'application/json',
          'x-forwarded-access-token': 'x',
        },
        body: '{}',
        dispatcher: new Agent({ localAddress, keepAliveTimeout: 1 }),
      });
    expect([(await from('127.0.0.1')).statusCode, (await from('127.0.0.2')).statusCode]).toEqual([401, 403]);
  });

  test('what policy check warns of is in the log of portal and mcp, after an edit too', async () => {
    const file = join(world.dir, 'policy/policy.yaml');
    const policy = readFileSync(file, 'utf8');
    writeFileSync(file, `${policy}\nrevoked: { humans: [{ issuer: https://gone.example.com, subject: x }] }\n`);
    for (const name of ['portal', 'mcp']) {
      const lines = () =>
        running
          .get(name)
          ?.output()
          .match(/^.*"the policy has warnings".*$/gm) ?? [];
      await expect.poll(lines, { timeout: 60_000 }).toEqual([expect.stringContaining('is the issuer of no provider')]);
      expect(lines()[0]).toContain('"level":"warn"');
    }
    writeFileSync(file, policy);
  });

  test('SIGTERM ends each of them with 0', async () => {
    for (const name of ['mcp', 'portal', 'audit-worker'] as const) {
      const container = running.get(name);
      expect([name, await container?.stop()]).toEqual([name, 0]);
      expect(container?.output()).not.toContain(world.secret('supervisor-secret'));
    }
  });
});

test('make-secrets.sh makes what only its reader may read, and never replaces anything', () => {
  const place = join(world.dir, 'fresh');
  const make = () =>
    spawnSync(join(ROOT, 'infra/docker/make-secrets.sh'), [place, 'portal.example.com', 'mcp.example.com']).status;
  expect(make()).toBe(0);
  const made = readdirSync(place).map((file) => [file, readFileSync(join(place, file), 'utf8')] as const);
  const open = made.filter(([file]) => (statSync(join(place, file)).mode & 0o077) !== 0).map(([file]) => file);
  expect(open).toEqual(['internal-ca']);
  expect(make()).toBe(0);
  expect(made.filter(([file, text]) => readFileSync(join(place, file), 'utf8') !== text)).toEqual([]);
  const values = made.filter(([file]) => /-(password|secret|key-\w+)$|^portal-cookie-key$/.test(file));
  const different = new Set(values.map(([, text]) => text.trim()));
  // The server's and the operator's copy of one password.
  expect([values.length > 7, values.length - different.size]).toEqual([true, 1]);
});

test('the configuration of Prometheus is one, with the rules beside it', () => {
  const place = join(world.dir, 'prometheus');
  mkdirSync(place);
  for (const file of ['infra/docker/prometheus.yml', 'infra/observability/alerts.yml'])
    copyFileSync(join(ROOT, file), join(place, basename(file)));
  const { status, stdout } = spawnSync('promtool', ['check', 'config', join(place, 'prometheus.yml')], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, expect.stringContaining('1 rule files found')]);
});

/** The bundler writes a module's file over its code. */
function modulesOf(code: string) {
  const begins = code.split('\n').flatMap((line, at) => {
    const [, file] = /^\/\/ (\S+\.[mc]?[jt]s)$/.exec(line) ?? [];
    return file === undefined ? [] : [{ file, at }];
  });
  return begins.map(({ file, at }, index) => {
    const end = begins[index + 1]?.at ?? at + 2;
    return { file, lines: Array.from({ length: end - at - 1 }, (_, line) => at + 1 + line) };
  });
}

describe('what is in an image', () => {
  const files = (name: ServiceName) => readdirSync(world.app(name)).toSorted();

  test.each(PROGRAMS)('%s: one folder of bundles, notices and a bill of materials', (name) => {
    const allowed = /^[a-z-]+\.mjs(\.map)?$|^libpg-query\.wasm$/;
    expect(files(name)).toContain('main.mjs');
    expect(files(name).filter((file) => !allowed.test(file))).toEqual(['THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json']);
  });

  test.each(PROGRAMS)(
    '%s: every package in it is on the bill of materials, under a licence that we may pass on',
    (name) => {
      const notices = readFileSync(join(world.app(name), 'THIRD-PARTY-NOTICES.txt'), 'utf8');
      const packages = [...notices.matchAll(/^(\S+) (\S+)\nLicence: (.+)$/gm)].map(([, ...found]) => found);
      expect(packages.length).toBeGreaterThan(50);
      expect(packages.filter(([, , licence = '']) => !LICENCES.has(licence))).toEqual([]);
      const bill = JSON.parse(readFileSync(join(world.app(name), 'sbom.cdx.json'), 'utf8')) as {
        bomFormat: string;
        components: { purl: string }[];
      };
      expect(bill.bomFormat).toBe('CycloneDX');
      const listed = new Set(bill.components.map(({ purl }) => decodeURIComponent(purl)));
      expect(packages.filter(([pkg, version]) => !listed.has(`pkg:npm/${pkg}@${version}`))).toEqual([]);
    },
  );

  test.each(PROGRAMS)('%s: one byte a letter, and a stack names our files and lines', (name) => {
    const code = readFileSync(join(world.app(name), 'main.mjs'), 'utf8');
    expect(/[\u0080-\uffff]/.exec(code)?.[0]).toBeUndefined();
    const map = new SourceMap(JSON.parse(readFileSync(join(world.app(name), 'main.mjs.map'), 'utf8')) as never);
    const sourceOf = (line: number) => (map.findEntry(line, 20) as { readonly originalSource?: string }).originalSource;
    const modules = modulesOf(code);
    const isOurs = (file: string) => !file.startsWith('node_modules/') && existsSync(join(ROOT, file));
    const ours = modules.filter(({ file }) => isOurs(file));
    const named = ours.filter(({ file, lines }) => lines.some((line) => sourceOf(line) === file));
    expect([ours.length > 20, ours.filter((module) => !named.includes(module))]).toEqual([true, []]);
    // Of a package the bundle's own line is told, and not the last one of ours before it.
    const theirs = modules.filter(({ file }) => file.startsWith('node_modules/'));
    expect([theirs.length > 200, theirs.filter(({ lines: [first = 0] }) => sourceOf(first) !== undefined)]).toEqual([
      true,
      [],
    ]);
  });

  test('the line of a stack is the line of the file', () => {
    const [code, map] = ['main.mjs', 'main.mjs.map'].map((file) => readFileSync(join(world.app('mcp'), file), 'utf8'));
    const lineOf = (text: string, wanted: string) => text.split('\n').findIndex((line) => line.includes(wanted));
    const file = 'services/mcp/src/call/guard-output.ts';
    for (const wanted of ['function guardOutput(', 'kept = rows.slice(0']) {
      const entry = new SourceMap(JSON.parse(map ?? '') as never).findEntry(lineOf(code ?? '', wanted), 12);
      const originalLine = lineOf(readFileSync(join(ROOT, file), 'utf8'), wanted);
      expect(entry).toMatchObject({ originalSource: file, originalLine });
    }
  });

  test('a path of the machine that built it, or a test, is in none', () => {
    for (const name of PROGRAMS) {
      for (const file of files(name)) {
        const text = readFileSync(join(world.app(name), file), 'latin1');
        expect([name, file, text.includes(world.dir), text.includes(process.cwd())]).toEqual([
          name,
          file,
          false,
          false,
        ]);
        expect(text).not.toMatch(/src\/testing\//);
      }
    }
  });

  test('the build of the images is given every file that went into it, and none that is not for it', () => {
    const context = dockerignore.default().add(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));
    const isGiven = (path: string) => !context.ignores(path);
    const sources = PROGRAMS.flatMap((name) => {
      const map = JSON.parse(readFileSync(join(world.app(name), 'main.mjs.map'), 'utf8')) as { sources: string[] };
      return map.sources.filter((source) => !source.includes('node_modules/') && existsSync(join(ROOT, source)));
    });
    const others = [
      'package.json',
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      'tsconfig.json',
      'LICENSE',
      'scripts/bundle.ts',
    ];
    const manifests = globSync('{packages,services,infra,test}/*/package.json', { cwd: ROOT });
    expect(sources.length).toBeGreaterThan(500);
    expect([...sources, ...others, ...manifests].filter((path) => !isGiven(path))).toEqual([]);
    const kept = ['.git/config', '.causeway/passwords.json', 'infra/docker/deployment/secrets/redis-url-mcp', '.env'];
    expect([...kept, 'packages/x/node_modules/a.js', 'test/e2e/command.ts'].filter(isGiven)).toEqual([]);
  });

  test('the same sources make the same bytes', () => {
    const again = join(world.dir, 'again');
    const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
    for (const name of PROGRAMS) {
      for (const file of files(name))
        expect([name, file, digest(join(again, name, file))]).toEqual([
          name,
          file,
          digest(join(world.app(name), file)),
        ]);
    }
  });
});
