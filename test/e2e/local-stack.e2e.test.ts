import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Ports } from '@causeway/local/ports';
import { freeStackPorts, portVariables } from '@causeway/local/testing/stack-ports';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { CHECKOUT, Command, type Finished, runCommand } from './command.ts';
import { listeningAddresses, processesNaming } from './machine.ts';
import { requirement } from './requirement.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PEOPLE = [
  ['northwind', 'wanda@northwind.example', 'west_sales'],
  ['northwind', 'erik@northwind.example', 'east_sales'],
  ['fabrikam', 'mona@fabrikam.example', 'managers'],
  ['fabrikam', 'felix@fabrikam.example', 'finance'],
  ['contoso', 'elena@contoso.example', 'executive'],
  ['contoso', 'ada@contoso.example', 'admin'],
  ['contoso', 'noah@contoso.example', 'no role'],
  ['workspace', 'olivia@causeway.example', 'finance'],
  ['workspace', 'omar@causeway.example', 'west_sales'],
] as const;

/** Ports of the parts that the stack starts today. */
const LISTENING = ['identityProviders', 'partnerApi', 'postgres'] as const;

// Made in `beforeAll`, because listing the tests loads this file too.
let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;
let ports: Ports;
let stack: Command;

function npmStart(directory = dataDir, env = portVariables(ports), ...options: string[]): Command {
  return new Command(['npm', 'start', '--', '--data-dir', directory, ...options], { env });
}

async function stop(command: Command): Promise<Finished> {
  command.interrupt();
  return command.finished();
}

function devToken(idp: string, user: string): Promise<Finished> {
  return runCommand(['npx', 'causeway', 'dev', 'token', '--idp', idp, '--user', user], { env: portVariables(ports) });
}

/** What the demo policy says of the token of a person: a role, or why there is none. */
async function explainedRole(idp: string, user: string): Promise<string | undefined> {
  const demo = readFileSync(join(CHECKOUT, 'infra/local/policy.yaml'), 'utf8');
  const file = join(folder.path, 'policy.yaml');
  writeFileSync(file, demo.replaceAll(':8710/', `:${ports.identityProviders}/`));
  const token = (await devToken(idp, user)).stdout.trim();
  const { stdout } = await runCommand(['npx', 'causeway', 'policy', 'explain', file, '--token', token, '--json']);
  const { explanation, refusal } = JSON.parse(stdout) as { explanation?: { who: string }; refusal?: string };
  return explanation?.who ?? refusal;
}

/** Verifies as a stranger would: from the issuer in the token to its discovery document and its keys. */
async function verify(token: string) {
  const { iss = '' } = decodeJwt(token);
  const discovery = await fetch(`${iss.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { jwks_uri } = (await discovery.json()) as { jwks_uri: string };
  return jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), { issuer: iss });
}

async function query(sql: string): Promise<unknown[]> {
  const { postgres } = JSON.parse(readFileSync(join(dataDir, 'passwords.json'), 'utf8')) as { postgres: string };
  const client = new pg.Client(`postgresql://postgres:${postgres}@127.0.0.1:${ports.postgres}/postgres`);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = temporaryFolder();
  dataDir = join(folder.path, 'data');
  ports = await freeStackPorts();
});

afterAll(async () => {
  await stack.end();
  folder[Symbol.dispose]();
});

describe('npm start', () => {
  beforeAll(async () => {
    stack = npmStart();
    await stack.lineBeginning('ready ');
  });

  requirement('start-ready-line', 'prints exactly one line that begins "ready "', () => {
    expect(stack.stdout.match(/^ready /gm)).toHaveLength(1);
  });

  requirement('start-shows-progress', 'says what it starts before it is ready', () => {
    const [before = ''] = stack.stdout.split(/^ready /m);
    expect(before).toMatch(/database/);
    expect(before).toMatch(/identity providers/);
  });

  requirement('start-endpoint-table', 'prints where each part is', () => {
    for (const name of LISTENING) expect(stack.stdout, name).toContain(`127.0.0.1:${ports[name]}`);
  });

  requirement('start-demo-people', 'prints each demo person with provider and role', () => {
    for (const [idp, email, role] of PEOPLE) {
      expect(stack.stdout).toMatch(new RegExp(`${email} +${idp} +${role}$`, 'm'));
    }
  });

  requirement('start-call-to-paste', 'prints a call that works when pasted', async () => {
    const call = /^ +(npx causeway .*)$/m.exec(stack.stdout)?.[1] ?? '';
    const { exitCode, stdout } = await runCommand(['sh', '-c', call], { env: portVariables(ports) });
    expect({ exitCode, called: call !== '' }).toEqual({ exitCode: 0, called: true });
    expect(stdout).not.toBe('');
  });

  requirement(
    ['ports-settable', 'ports-loopback-only'],
    'listens at the ports that were set, on 127.0.0.1 only',
    () => {
      for (const name of LISTENING) expect(listeningAddresses(ports[name]), name).toEqual(['0100007F']);
    },
  );

  requirement('dev-token-only', 'dev token prints one signed token and nothing else', async () => {
    const { exitCode, stdout } = await devToken('northwind', 'wanda@northwind.example');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  requirement('dev-token-verifies', 'a token of each provider verifies by the keys that it publishes', async () => {
    const one = PEOPLE.filter(([idp], index) => PEOPLE.findIndex(([other]) => other === idp) === index);
    const tokens = await Promise.all(one.map(([idp, email]) => devToken(idp, email)));
    for (const [index, { stdout }] of tokens.entries()) {
      const { payload } = await verify(stdout.trim());
      expect(payload.iss).toContain(`/${one[index]?.[0]}`);
      expect(payload.sub).toEqual(expect.any(String));
    }
  });

  requirement('people-northwind', 'northwind issues as Auth0 does, for west_sales and east_sales', async () => {
    expect(await explainedRole('northwind', 'wanda@northwind.example')).toBe('role west_sales');
    expect(await explainedRole('northwind', 'erik@northwind.example')).toBe('role east_sales');
    const { stdout } = await devToken('northwind', 'wanda@northwind.example');
    const { iss, aud } = decodeJwt(stdout.trim());
    expect(aud).toEqual(['https://causeway.example/api', `${iss}userinfo`]);
  });

  requirement('people-fabrikam', 'fabrikam issues as Okta does, for managers and finance', async () => {
    expect(await explainedRole('fabrikam', 'mona@fabrikam.example')).toBe('role managers');
    expect(await explainedRole('fabrikam', 'felix@fabrikam.example')).toBe('role finance');
    const { stdout } = await devToken('fabrikam', 'mona@fabrikam.example');
    expect(decodeJwt(stdout.trim())).toMatchObject({
      aud: 'api://causeway',
      cid: 'causeway-dev',
      scp: expect.any(Array),
    });
  });

  requirement(
    ['people-contoso', 'people-noah-no-role'],
    'contoso issues as Entra v2 does, and noah has no role',
    async () => {
      expect(await explainedRole('contoso', 'elena@contoso.example')).toBe('role executive');
      expect(await explainedRole('contoso', 'ada@contoso.example')).toBe('role admin');
      expect(await explainedRole('contoso', 'noah@contoso.example')).toMatch(/^no_role: /);
      const { stdout } = await devToken('contoso', 'noah@contoso.example');
      expect(decodeJwt(stdout.trim())).toMatchObject({ ver: '2.0', tid: expect.any(String), oid: expect.any(String) });
    },
  );

  requirement('people-workspace', 'workspace issues for its own people, with their groups', async () => {
    for (const [user, group] of [
      ['olivia', 'finance'],
      ['omar', 'west_sales'],
    ] as const) {
      const { stdout } = await devToken('workspace', `${user}@causeway.example`);
      expect(decodeJwt(stdout.trim())).toMatchObject({ groups: [group] });
    }
  });

  requirement(
    'dev-refused-in-production',
    'dev token refuses to work beside a public URL that is not local',
    async () => {
      const env = { ...portVariables(ports), PORTAL_PUBLIC_URL: 'https://portal.causeway.example' };
      const line = [
        'npx',
        'causeway',
        'dev',
        'token',
        '--idp',
        'northwind',
        '--user',
        'wanda@northwind.example',
      ] as const;
      const { exitCode, stdout, stderr } = await runCommand([...line], { env });
      expect(exitCode).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/production/);
    },
  );

  requirement(
    'start-twice-refused',
    'a second start in the same folder is refused, and the first keeps running',
    async () => {
      const second = await npmStart(dataDir, portVariables(await freeStackPorts())).finished();
      expect(second.exitCode).not.toBe(0);
      expect(second.stderr).toMatch(/already running/);
      expect(second.stderr).toContain(dataDir);
      expect((await devToken('northwind', 'wanda@northwind.example')).exitCode).toBe(0);
    },
  );

  requirement(
    'start-port-taken',
    'a start at taken ports names each of them, and the first keeps running',
    async () => {
      const second = await npmStart(join(folder.path, 'other')).finished();
      expect(second.exitCode).not.toBe(0);
      for (const name of LISTENING) expect(second.stderr, name).toContain(String(ports[name]));
      expect((await devToken('northwind', 'wanda@northwind.example')).exitCode).toBe(0);
    },
  );

  requirement('start-ctrl-c-clean', 'after Ctrl-C no process and no port is left', async () => {
    await query('create table kept as select 1 as value');
    expect(processesNaming(dataDir)).not.toEqual([]);
    const { exitCode, signal, stdout } = await stop(stack);
    // npm ends itself by the signal that it was given; its child has ended before that.
    expect(exitCode ?? signal).toBeOneOf([0, 'SIGINT']);
    expect(stdout).toMatch(/^ended$/m);
    expect(processesNaming(dataDir)).toEqual([]);
    for (const name of LISTENING) expect(listeningAddresses(ports[name]), name).toEqual([]);
  });

  requirement(
    ['start-warm-10s', 'start-data-survives'],
    'the next start takes less than 10 s and has the data',
    async () => {
      const startedAt = performance.now();
      stack = npmStart();
      await stack.lineBeginning('ready ');
      // Of a quiet machine. Where others wait for its cores, each gets that much less of them.
      const share = Math.max(1, loadavg()[0]! / availableParallelism());
      expect(performance.now() - startedAt).toBeLessThan(10_000 * share);
      expect(await query('select value from kept')).toEqual([{ value: 1 }]);
    },
  );

  requirement('start-damaged-data', 'a database folder with a part missing is refused and left as it is', async () => {
    await stop(stack);
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    renameSync(version, `${version}.away`);
    const { exitCode, stderr } = await npmStart().finished();
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(join(dataDir, 'postgres'));
    expect(stderr).toMatch(/left as it is/);
    renameSync(`${version}.away`, version);
  });

  requirement(
    ['start-damaged-data', 'start-policy-option'],
    'lost passwords are made anew, the data is there, and the policy is the one that was given',
    async () => {
      rmSync(join(dataDir, 'passwords.json'));
      const own = join(dataDir, 'own-policy.yaml');
      const demo = readFileSync(join(dataDir, 'policy.yaml'), 'utf8');
      writeFileSync(own, demo.replace(`west_sales: region = 'WEST'`, `west_sales: region = 'NORTH'`));
      stack = npmStart(dataDir, portVariables(ports), '--policy', own);
      await stack.lineBeginning('ready ');
      expect(await query('select value from kept')).toEqual([{ value: 1 }]);
      const call = ['npx', 'causeway', 'call', 'get_region_summary', '{}', '--as', 'wanda@northwind.example'] as const;
      const { exitCode, stdout } = await runCommand([...call], { env: portVariables(ports) });
      expect([exitCode, stdout.includes('NORTH'), stdout.includes('WEST')]).toEqual([0, true, false]);
    },
  );

  requirement('start-data-in-causeway', 'without its data folder it starts anew', async () => {
    await stop(stack);
    rmSync(dataDir, { recursive: true });
    stack = npmStart();
    await stack.lineBeginning('ready ');
    expect(await query(`select to_regclass('kept') as kept`)).toEqual([{ kept: null }]);
  });
});

requirement('start-port-taken', 'a port that another program holds is named', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  const fresh = await freeStackPorts();
  const { port } = holder.address() as { port: number };
  const env = { ...portVariables(fresh), CAUSEWAY_PORT_IDP: String(port) };
  const { exitCode, stderr } = await npmStart(join(folder.path, 'third'), env).finished();
  holder.close();
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(String(port));
});

requirement(
  'ports-default',
  'without settings it wants the ports of the contract, and names those it cannot have',
  async () => {
    const wanted = [8700, 8701, 8702, 8703, 8710, 8711, 8715];
    // Whoever holds one already, this test or another program: it is taken.
    const holders = wanted.map((port) =>
      createServer()
        .on('error', () => {})
        .listen(port, '127.0.0.1'),
    );
    const areTaken = () => wanted.every((port) => listeningAddresses(port).length > 0);
    await vi.waitUntil(areTaken, { timeout: 30_000 });
    const unset = Object.fromEntries(Object.keys(portVariables(ports)).map((name) => [name, '']));
    const { exitCode, stderr } = await npmStart(join(folder.path, 'standard'), unset).finished();
    for (const holder of holders) holder.close();
    expect(exitCode).not.toBe(0);
    expect(wanted.filter((port) => !stderr.includes(String(port)))).toEqual([]);
  },
);

requirement('start-unwritable', 'a data folder that cannot be made is explained, without a stack', async () => {
  const { exitCode, stderr } = await npmStart('/sys/causeway', portVariables(await freeStackPorts())).finished();
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('/sys/causeway');
  expect(stderr).not.toMatch(/^ +at /m);
});
