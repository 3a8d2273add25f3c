import { Secret } from '@causeway/core';
import { openMachineSql } from '@causeway/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmulatorWorld, MACHINE, startEmulatorWorld } from './emulator-world.ts';

let world: EmulatorWorld;
beforeAll(async () => {
  world = await startEmulatorWorld();
});
afterAll(() => world?.stop());

const WEST = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01';
const EAST = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c02';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

interface TokenAnswer {
  readonly status: number;
  readonly body: {
    readonly error?: string;
    readonly error_description?: string;
    readonly access_token?: string;
    readonly expires_in?: number;
    readonly scope?: string;
  };
}

async function ask(form: Record<string, string>, headers: Record<string, string> = {}): Promise<TokenAnswer> {
  const response: Response = await fetch(`${world.emulator.url}/oidc/v1/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const body: TokenAnswer['body'] = JSON.parse(await response.text());
  return { status: response.status, body };
}

const exchange = (token: string, form: Record<string, string> = {}): Promise<TokenAnswer> =>
  ask({ grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT, client_id: WEST, scope: 'sql', ...form });

async function query(token: string, statement: string) {
  const response = await fetch(`${world.emulator.url}/api/2.0/sql/statements`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ warehouse_id: 'wh-1', statement }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

type Refusal = readonly [
  what: string,
  token: () => string,
  form: Record<string, string>,
  status: number,
  error: string,
];

const REFUSALS: readonly Refusal[] = [
  ['another subject', () => world.assertion(EAST), {}, 403, 'access_denied'],
  ['another one’s client_id', () => world.assertion(WEST), { client_id: EAST }, 403, 'access_denied'],
  ['a client that is not known', () => world.assertion(WEST), { client_id: 'nobody' }, 401, 'invalid_client'],
  ['a client without a policy', () => world.assertion(WEST), { client_id: MACHINE.application }, 403, 'access_denied'],
  ['another audience', () => world.assertion(WEST, { aud: 'https://else.example' }), {}, 400, 'invalid_grant'],
  ['another issuer', () => world.assertion(WEST, { iss: 'https://else.example' }), {}, 401, 'invalid_grant'],
  ['an expired assertion', () => world.assertion(WEST, { exp: 1 }), {}, 401, 'invalid_grant'],
  ['an assertion without end', () => world.assertion(WEST, { exp: undefined }), {}, 401, 'invalid_grant'],
  [
    'a forged signature',
    () => world.portal.forgery(world.portal.claims({ sub: WEST, aud: `${world.emulator.url}/oidc/v1/token` })),
    {},
    401,
    'invalid_grant',
  ],
  ['no JWT', () => 'nothing', {}, 400, 'invalid_request'],
  ['another token type', () => world.assertion(WEST), { subject_token_type: 'x' }, 400, 'invalid_request'],
  ['a scope that is not known', () => world.assertion(WEST), { scope: 'sql everything' }, 400, 'invalid_scope'],
  ['no scope', () => world.assertion(WEST), { scope: '' }, 400, 'invalid_request'],
  ['another grant', () => world.assertion(WEST), { grant_type: 'password' }, 400, 'unsupported_grant_type'],
];

describe('token exchange', () => {
  test('gives the service principal’s token, which ends with the assertion', async () => {
    const { status, body } = await exchange(world.assertion(WEST));
    expect(status).toBe(200);
    expect(body).toMatchObject({ scope: 'sql', token_type: 'Bearer' });
    expect(body.expires_in).toBeGreaterThan(590);
    expect(body.expires_in).toBeLessThanOrEqual(600);
    const { body: answer } = await query(body.access_token ?? '', 'SELECT current_user() AS who');
    expect(answer).toMatchObject({ status: { state: 'SUCCEEDED' }, result: { data_array: [[WEST]] } });
  });

  test.each(REFUSALS)('refuses %s', async (_, token, form, status, error) => {
    const answer = await exchange(token(), form);
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status, error });
    expect(answer.body.access_token).toBeUndefined();
  });

  test('refuses a request without client_id: there is no account-wide policy', async () => {
    const form = { grant_type: EXCHANGE, subject_token: world.assertion(WEST), subject_token_type: JWT, scope: 'sql' };
    expect(await ask(form)).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });
});

describe('client credentials', () => {
  const basic = (secret: string) => ({
    authorization: `Basic ${Buffer.from(`${MACHINE.application}:${encodeURIComponent(secret)}`).toString('base64')}`,
  });
  const form = { grant_type: 'client_credentials', scope: 'sql' };

  test('gives a token for an hour, by header or body', async () => {
    const inBody = { client_id: MACHINE.application, client_secret: MACHINE.secret };
    for (const answer of [await ask(form, basic(MACHINE.secret)), await ask({ ...form, ...inBody })]) {
      expect(answer).toMatchObject({ status: 200, body: { expires_in: 3600, scope: 'sql' } });
    }
  });

  test('refuses a wrong secret, a principal without one, and a scope that is not the client’s', async () => {
    expect(await ask(form, basic('wrong'))).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const role = { ...form, client_id: WEST, client_secret: '' };
    expect(await ask(role)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await ask({ ...form, scope: 'genie' }, basic(MACHINE.secret))).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: expect.stringContaining(`Scopes 'genie' are not assigned`) },
    });
  });
});

describe('tokens at the API', () => {
  test('a token without the scope is refused in Databricks’ words', async () => {
    const { body } = await exchange(world.assertion(WEST), { scope: 'genie' });
    expect(await query(body.access_token ?? '', 'SELECT 1')).toEqual({
      status: 403,
      body: {
        error_code: 'PERMISSION_DENIED',
        message: 'Provided OAuth token does not have required scopes: sql',
      },
    });
  });

  test('no token, an unknown one, one of another issuer and an expired one are 401', async () => {
    const expired = world.personToken('omar@causeway.example', { exp: 1 });
    const foreign = world.personToken('omar@causeway.example', { aud: 'else' });
    for (const token of ['', 'x', world.assertion(WEST), expired, foreign]) {
      expect(await query(token, 'SELECT 1')).toMatchObject({ status: 401 });
    }
  });

  test('a person of the workspace comes with the workspace’s own token', async () => {
    const { body } = await query(world.personToken('omar@causeway.example'), 'SELECT current_user() AS who');
    expect(body).toMatchObject({ result: { data_array: [['omar@causeway.example']] } });
  });

  test('somebody whom the workspace knows and the catalog does not reads nothing', async () => {
    const { body } = await query(world.personToken('eve@causeway.example'), 'SELECT 1 AS one');
    expect(body).toMatchObject({ status: { state: 'FAILED', sql_state: '42501' } });
  });
});

describe('SQL as a machine’s own principal', () => {
  const open = (secret: string) =>
    openMachineSql({
      name: 'audit-worker',
      host: world.emulator.url,
      network: ['127.0.0.0/8'],
      warehouseId: 'wh-1',
      clientId: MACHINE.application,
      clientSecret: new Secret(secret),
    });

  test('comes as that principal, for whom the catalog decides', async () => {
    const sql = open(MACHINE.secret);
    await sql.ping();
    const answer = sql.run({ name: 'test', text: 'SELECT current_user() AS who', values: {} });
    await expect(answer).rejects.toMatchObject({ code: 'access_denied' });
    await sql.close();
  });

  test('is refused with another secret, also by the look at its health', async () => {
    const sql = open('wrong');
    await expect(sql.ping()).rejects.toMatchObject({ code: 'exchange_denied' });
    await expect(sql.run({ name: 'test', text: 'SELECT 1', values: {} })).rejects.toMatchObject({
      code: 'exchange_denied',
    });
    await sql.close();
  });
});
