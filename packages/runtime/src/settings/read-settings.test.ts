import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type Secret } from '@causeway/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresUrl, redisUrl } from './connection-url.ts';
import { keyPath, path } from './path.ts';
import { integer, listenAddress, networks, oneOf, text } from './plain-variables.ts';
import { type Environment, readSettings, type SettingRule, type Variables } from './read-settings.ts';
import { secret } from './secret.ts';
import { publicUrl, url } from './url.ts';
import { optional, type Variable } from './variable.ts';

const description = 'For the test.';
const gateway = publicUrl('GATEWAY_PUBLIC_URL', { description, localDefault: 'http://127.0.0.1:8701' });
const PRODUCTION = { GATEWAY_PUBLIC_URL: 'https://gateway.example' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string, mode = 0o600): string {
  const place = join(folder, name);
  mkdirSync(join(place, '..'), { recursive: true });
  writeFileSync(place, content);
  chmodSync(place, mode);
  return place;
}

function problemsOf<const V extends Variables>(
  variables: V,
  environment: Environment,
  rule?: SettingRule<V>,
): string[] {
  try {
    readSettings(variables, environment, rule);
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config_invalid') throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

const problemOf = (variable: Variable<unknown>, environment: Environment) =>
  problemsOf({ gateway, variable }, environment)[0];
const value = <T>(variable: Variable<T>, environment: Environment = {}): T =>
  readSettings<{ gateway: Variable<string>; variable: Variable<T> }>({ gateway, variable }, environment).variable;

test('flat variables in, a typed object out', () => {
  const settings = readSettings(
    {
      publicUrl: gateway,
      listen: listenAddress('LISTEN', { description, default: '127.0.0.1:8701' }),
      admin: optional(listenAddress('ADMIN_LISTEN', { description })),
      level: oneOf('LOG_LEVEL', ['debug', 'info'], { description, default: 'info' }),
      rowsMax: integer('ROWS_MAX', { description, min: 1, max: 100, default: '50' }),
    },
    { ROWS_MAX: '7', UNKNOWN_VARIABLE: 'of another service', LOG_LEVEL: '' },
  );
  expect(settings).toEqual({
    deployment: 'local',
    publicUrl: 'http://127.0.0.1:8701',
    listen: { variable: 'LISTEN', host: '127.0.0.1', port: 8701 },
    admin: undefined,
    level: 'info',
    rowsMax: 7,
  });
});

test('every problem is reported in one run, by name and never by value', () => {
  const hidden = 'hunter2';
  const problems = problemsOf(
    {
      gateway,
      a: integer('A_PORT', { description, min: 1, max: 65_535 }),
      b: url('B_URL', { description }),
      c: secret('C_SECRET', { description }),
      d: text('D_TEXT', { description }),
      e: postgresUrl('E_DATABASE_URL', { description }),
      f: oneOf('F_KIND', ['x', 'y'], { description }),
      g: networks('G_NETWORKS', { description }),
    },
    {
      A_PORT: hidden,
      B_URL: hidden,
      C_SECRET_FILE: `/nowhere/${hidden}`,
      E_DATABASE_URL: `mysql://u:${hidden}@db/x`,
      F_KIND: hidden,
      G_NETWORKS: `10.0.0.0/8,${hidden}`,
    },
  );
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'A_PORT',
    'B_URL',
    'C_SECRET_FILE',
    'D_TEXT',
    'E_DATABASE_URL',
    'F_KIND',
    'G_NETWORKS',
  ]);
  expect(problems.join('\n')).not.toContain(hidden);
});

test('a rule between variables speaks in the same run as the rest', () => {
  const variables = {
    gateway,
    a: integer('A_PORT', { description, min: 1, max: 65_535 }),
    b: optional(text('B', { description })),
  };
  const problems = problemsOf(variables, { A_PORT: 'x' }, (settings) =>
    settings.b === undefined ? [{ variable: 'B', problem: 'or C must be set' }] : [],
  );
  expect(problems).toEqual(['A_PORT must be a whole number from 1 to 65535', 'B or C must be set']);
});

test('settings without a public URL are a mistake of the program: nothing would tell production from local', () => {
  expect(() => readSettings({ a: text('A', { description }) }, { A: 'x' })).toThrow(TypeError);
});

test.each([
  ['no public URL given', {}, 'local'],
  ['loopback', { GATEWAY_PUBLIC_URL: 'http://127.0.0.1:9000' }, 'local'],
  ['loopback, IPv6', { GATEWAY_PUBLIC_URL: 'http://[::1]:9000' }, 'local'],
  ['localhost', { GATEWAY_PUBLIC_URL: 'http://localhost:9000' }, 'local'],
  ['another host', PRODUCTION, 'production'],
])('a process is local when every public URL it is given is loopback: %s', (_, environment, deployment) => {
  expect(readSettings({ gateway }, environment).deployment).toBe(deployment);
});

test.each([
  ['http://gateway.example', 'must be an https URL in production'],
  ['http://x.localhost', 'must not be a loopback URL in production'],
  ['http://0.0.0.0:8701', 'must not be a loopback URL in production'],
  ['https://gateway.example/base', 'must be an origin'],
  ['https://user:pass@gateway.example', 'must be an origin'],
  ['https://gateway.example/?a=b', 'must be an origin'],
  ['ftp://gateway.example', 'must be an origin'],
])('refuses the public URL %s', (given, expected) => {
  expect(problemsOf({ gateway }, { GATEWAY_PUBLIC_URL: given })[0]).toContain(expected);
});

test('one foreign public URL makes the process production, and then the loopback ones are refused', () => {
  const portal = publicUrl('PORTAL_PUBLIC_URL', { description, localDefault: 'http://127.0.0.1:8700' });
  const given = { ...PRODUCTION, PORTAL_PUBLIC_URL: 'http://127.0.0.1:8700' };
  expect(problemsOf({ gateway, portal }, given)).toEqual([
    'PORTAL_PUBLIC_URL must not be a loopback URL in production',
  ]);
});

test('a public URL that cannot be read makes nothing local', () => {
  const given = { GATEWAY_PUBLIC_URL: 'https//gateway.example', A_URL: 'http://idp.example' };
  expect(problemsOf({ gateway, a: url('A_URL', { description }) }, given)).toEqual([
    'GATEWAY_PUBLIC_URL must be an origin such as https://gateway.example, with no path, user or query',
    'A_URL must be an https URL in production',
  ]);
});

test.each([
  ['http://idp.example', 'must be an https URL in production'],
  ['https://127.0.0.1:8710', 'must not be a loopback URL in production'],
  ['https://localhost.', 'must not be a loopback URL in production'],
  ['https://[::ffff:127.0.0.1]/', 'must not be a loopback URL in production'],
])('production refuses to depend on %s, which a local process may use', (given, expected) => {
  const dependency = url('IDP_URL', { description });
  expect(problemOf(dependency, { ...PRODUCTION, IDP_URL: given })).toBe(`IDP_URL ${expected}`);
  expect(problemOf(dependency, { IDP_URL: given })).toBeUndefined();
});

test('a URL is kept as it was written, and never holds a password', () => {
  const idp = url('IDP_URL', { description });
  expect(value(idp, { IDP_URL: 'https://IDP.example/' })).toBe('https://IDP.example/');
  expect(problemOf(idp, { IDP_URL: 'https://a:b@idp.example' })).toContain('without user and password');
});

test('a local default is for local processes: production must set the variable', () => {
  const state = path('STATE_DIR', { description, localDefault: '.causeway/state' });
  expect(value(state)).toMatch(/\/\.causeway\/state$/);
  expect(problemOf(state, PRODUCTION)).toBe('STATE_DIR is not set; its default is for a local process only');
});

test('production refuses keys below .causeway/, also behind a link', () => {
  const keys = keyPath('KEYS_DIR', { description });
  mkdirSync(join(folder, '.causeway/keys'), { recursive: true });
  symlinkSync(join(folder, '.causeway/keys'), join(folder, 'innocent'));
  for (const given of [join(folder, '.causeway/keys'), join(folder, 'innocent'), '.causeway/x']) {
    expect(problemOf(keys, { ...PRODUCTION, KEYS_DIR: given })).toContain('KEYS_DIR lies below .causeway/');
    expect(problemOf(keys, { KEYS_DIR: given })).toBeUndefined();
  }
});

test('a secret is read from its file, without the newline at its end', () => {
  const token = secret('TOKEN', { description });
  expect(value(token, { TOKEN_FILE: file('token', 'hunter2\n') }).reveal()).toBe('hunter2');
  expect(value(token, { TOKEN: 'plain' }).reveal()).toBe('plain');
});

test('a secret in a variable and in a file at once is ambiguous', () => {
  const given = { TOKEN: 'a', TOKEN_FILE: file('token', 'b') };
  expect(problemOf(secret('TOKEN', { description }), given)).toBe('TOKEN and TOKEN_FILE are both set');
});

test.each([
  ['missing', () => join(folder, 'nothing'), 'names a file that cannot be read'],
  ['empty', () => file('empty', '\n'), 'names an empty file'],
  ['a folder', () => folder, 'names something that is not a file'],
  ['too large', () => file('large', 'x'.repeat(65_537)), 'names a file of more than 64 KiB'],
])('refuses a secret file that is %s, naming the variable', (_, place, expected) => {
  expect(problemOf(secret('TOKEN', { description }), { TOKEN_FILE: place() })).toBe(`TOKEN_FILE ${expected}`);
});

test('production refuses a secret file that everyone can read, or that is the demo one', () => {
  const token = secret('TOKEN', { description });
  const open = { TOKEN_FILE: file('open', 'x', 0o644) };
  const demo = { TOKEN_FILE: file('.causeway/token', 'x') };
  expect(problemOf(token, { ...PRODUCTION, ...open })).toContain('TOKEN_FILE names a file that everyone');
  expect(problemOf(token, { ...PRODUCTION, ...demo })).toContain('TOKEN_FILE lies below .causeway/');
  expect(problemOf(token, open)).toBeUndefined();
  expect(problemOf(token, demo)).toBeUndefined();
  expect(problemOf(token, { ...PRODUCTION, TOKEN_FILE: file('closed', 'x', 0o640) })).toBeUndefined();
});

test('production refuses a secret in a plain variable', () => {
  const database = postgresUrl('DATABASE_URL', { description });
  const withPassword = 'postgres://u:p@db.example/x?sslmode=verify-full';
  const plain = /^(TOKEN|DATABASE_URL) holds a secret: in production put it into a file/;
  expect(problemOf(secret('TOKEN', { description }), { ...PRODUCTION, TOKEN: 'x' })).toMatch(plain);
  expect(problemOf(database, { ...PRODUCTION, DATABASE_URL: withPassword })).toMatch(plain);
  expect(problemOf(database, { ...PRODUCTION, DATABASE_URL_FILE: file('db', withPassword) })).toBeUndefined();
  const passwordless = 'postgres://u@db.example/x?sslmode=verify-full';
  expect(problemOf(database, { ...PRODUCTION, DATABASE_URL: passwordless })).toBeUndefined();
});

test.each([
  ['postgres://u:p@db.example/x', 'must carry sslmode=verify-full'],
  ['postgres://u:p@db.example/x?sslmode=require', 'must carry sslmode=verify-full'],
  ['postgres://u:p@%6cocalhost/x', 'must carry sslmode=verify-full'],
  ['postgres://u:p@127.0.0.1/x?host=db.example', 'must be a postgres:// URL'],
  ['postgres://u:p@db.example/x?sslmode=verify-full&sslmode=disable', 'must be a postgres:// URL'],
  ['postgres://u:p@db.example/x?sslmode=verify-full&ssl=0', 'must be a postgres:// URL'],
  ['postgres:///x', 'must be a postgres:// URL'],
])('a database off loopback is reached by verified TLS only: refuses %s, local or not', (given, expected) => {
  expect(problemOf(postgresUrl('DATABASE_URL', { description }), { DATABASE_URL: given })).toContain(expected);
});

test('a database on loopback needs no TLS', () => {
  const database = postgresUrl('DATABASE_URL', { description });
  expect(value(database, { DATABASE_URL: 'postgres://u:p@127.0.0.1:8715/x' })).toHaveProperty('reveal');
});

test('Redis off loopback is rediss', () => {
  const redis = redisUrl('REDIS_URL', { description });
  expect(problemOf(redis, { REDIS_URL: 'redis://cache.example' })).toContain('must be a rediss:// URL');
  expect(problemOf(redis, { REDIS_URL: 'rediss://cache.example' })).toBeUndefined();
  expect(problemOf(redis, { REDIS_URL: 'redis://127.0.0.1' })).toBeUndefined();
  expect(problemOf(redis, { REDIS_URL: 'rediss://cache.example?tls=false' })).toContain('no query');
});

test('an optional variable keeps its checks', () => {
  const redis: Variable<Secret | undefined> = optional(redisUrl('REDIS_URL', { description }));
  expect(value(redis)).toBeUndefined();
  expect(problemOf(redis, { REDIS_URL: 'redis://cache.example' })).toContain('must be a rediss:// URL');
});

test.each([
  ['8080', { host: '127.0.0.1', port: 8080 }],
  ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
])('reads the listen address %s', (given, expected) => {
  expect(value(listenAddress('LISTEN', { description }), { LISTEN: given })).toEqual({
    variable: 'LISTEN',
    ...expected,
  });
});

test.each(['', '70000', 'a:b', ':80', '::1:80'])('refuses the listen address "%s"', (given) => {
  expect(problemOf(listenAddress('LISTEN', { description }), { LISTEN: given })).toMatch(/^LISTEN /);
});
