import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listServices } from '@causeway/local/services';
import { OtlpReceiver } from '@causeway/test-telemetry/otlp-receiver';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { callBody, callHeaders, McpWorld } from './mcp-world.ts';
import { requirement } from './requirement.ts';

const WANDA = 'wanda@northwind.example';
const TOOL = 'get_region_summary';
const WAIT = { timeout: 60_000, interval: 100 };

let receiver: OtlpReceiver;
let world: McpWorld;
let wanda: string;
let olivia: string;
beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '100' };
  world = await McpWorld.start({
    services: (...place) =>
      listServices(...place).map((service) => ({ ...service, env: { ...service.env, ...traced } })),
  });
  wanda = await tokenOf(WANDA);
  olivia = await world.signIn('olivia@causeway.example');
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await receiver?.close();
});

const tokenOf = async (email: string) => world.exchange(await world.signIn(email));
const bearer = (token: string): Header => ['authorization', `Bearer ${token}`];
const forwarded = (token: string): Header => ['x-forwarded-access-token', token];
const oboUrl = () => `http://127.0.0.1:${world.ports.obo}/mcp`;

type Header = readonly [name: string, value: string];

interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: readonly Header[];
  readonly body?: string;
  /** The address that the connection comes from. */
  readonly from?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: { readonly [member: string]: unknown; readonly error?: { readonly code: unknown } };
}

/** As it is written: nothing is added but a Host, and nothing is merged. */
async function send({ url = world.url, method = 'POST', headers = [], body = '', from }: Asked): Promise<Answered> {
  const isNamed = headers.some(([name]) => name === 'host');
  const all = [...(isNamed ? [] : [['host', new URL(url).host]]), ...headers, ['content-length', `${body.length}`]];
  const options = { method, headers: all.flat(), agent: false, ...(from !== undefined && { localAddress: from }) };
  const sending = httpRequest(url, options);
  // A server that has refused reads no further.
  sending.on('error', () => undefined);
  sending.end(body);
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  const answer = await text(response);
  const json = (answer.startsWith('{') ? JSON.parse(answer) : {}) as Answered['json'];
  return { status: response.statusCode ?? 0, headers: response.headers, json };
}

const CALL = { name: TOOL, arguments: {} };
const BODY = callBody('tools/call', CALL);
const call = (headers: readonly Header[], more: Asked = {}) =>
  send({ ...more, headers: [...Object.entries(callHeaders('tools/call', TOOL)), ...headers], body: more.body ?? BODY });
const statusOf = async (answer: Promise<Answered>) => (await answer).status;

describe('the endpoint', () => {
  requirement('mcp-get-delete-405', 'there is no stream to open and no session to end', async () => {
    for (const method of ['GET', 'DELETE']) {
      const { status, headers } = await send({ method, headers: [bearer(wanda)] });
      expect([method, status, headers.allow]).toEqual([method, 405, 'POST']);
    }
  });

  requirement('mcp-resource-metadata', 'the metadata names the resource and the portal, at both places', async () => {
    for (const place of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
      const { status, json } = await send({ url: new URL(place, world.url).href, method: 'GET' });
      expect(status).toBe(200);
      expect(json).toMatchObject({
        resource: world.url,
        authorization_servers: [world.environment['PORTAL_PUBLIC_URL']],
        bearer_methods_supported: ['header'],
      });
    }
  });

  requirement(
    ['mcp-challenge', 'mcp-no-token'],
    'without a token: 401, where to get one, and no error code',
    async () => {
      const { status, headers } = await call([]);
      const metadata = new URL('/.well-known/oauth-protected-resource/mcp', world.url).href;
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe(`Bearer scope="sql genie", resource_metadata="${metadata}"`);
    },
  );

  requirement('mcp-host-421', 'a Host that is not ours is not served, with a good token or without', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${world.ports.mcp}`,
      `127.0.0.1.evil.example:${world.ports.mcp}`,
    ]) {
      expect(await statusOf(call([['host', host], bearer(wanda)]))).toBe(421);
    }
    expect(await statusOf(call([bearer(wanda)]))).toBe(200);
  });

  requirement('mcp-origin-403', 'a page of another site may not call, ours may', async () => {
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${world.ports.portal}`]) {
      expect(await statusOf(call([['origin', origin], bearer(wanda)]))).toBe(403);
    }
    expect(await statusOf(call([['origin', new URL(world.url).origin], bearer(wanda)]))).toBe(200);
  });

  requirement('mcp-body-1-mib', 'a body of a byte too many is refused, one of the full size is read', async () => {
    const padded = (bytes: number) => BODY + ' '.repeat(bytes - BODY.length);
    expect(await statusOf(call([bearer(wanda)], { body: padded(1024 * 1024) }))).toBe(200);
    expect(await statusOf(call([bearer(wanda)], { body: padded(1024 * 1024 + 1) }))).toBe(413);
  });

  requirement('mcp-unknown-tool', 'a tool that there is not is a protocol error, and names nothing', async () => {
    const headers = [...Object.entries(callHeaders('tools/call', 'nope')), bearer(wanda)];
    const { json } = await send({ headers, body: callBody('tools/call', { name: 'nope', arguments: {} }) });
    expect(json.error).toEqual({ code: -32602, message: 'Unknown tool' });
  });

  requirement('mcp-malformed', 'what is no JSON, no JSON-RPC or no known method is refused by its code', async () => {
    const legacy: readonly Header[] = [
      ['content-type', 'application/json'],
      ['accept', 'application/json, text/event-stream'],
    ];
    const refusal = async (body: string, headers = legacy) => {
      const { status, json } = await send({ headers: [...headers, bearer(wanda)], body });
      return [status, json.error?.code];
    };
    expect(await refusal('{')).toEqual([400, -32700]);
    expect(await refusal('{"jsonrpc":"1.0","id":1,"method":"ping"}')).toEqual([400, -32600]);
    expect(await refusal('[]')).toEqual([400, -32600]);
    expect(await refusal(callBody('foo', {}), Object.entries(callHeaders('foo')))).toEqual([404, -32601]);
    expect(await refusal(BODY, Object.entries(callHeaders('tools/call', 'check_identity')))).toEqual([400, -32020]);
  });

  requirement(
    'mcp-list-private-stable',
    'the list is for this caller alone, and in one order for everybody',
    async () => {
      const list = async (token: string) => {
        const headers = [...Object.entries(callHeaders('tools/list')), bearer(token)];
        const { json } = await send({ headers, body: callBody('tools/list', {}) });
        return json['result'] as { tools: { name: string }[]; cacheScope: string };
      };
      const names = async (token: string) => (await list(token)).tools.map(({ name }) => name);
      const ada = await tokenOf('ada@contoso.example');
      expect((await list(wanda)).cacheScope).toBe('private');
      const [west, all] = [await names(wanda), await names(ada)];
      expect([await names(wanda), await names(ada), all.length]).toEqual([west, all, 9]);
      expect(all.filter((name) => west.includes(name))).toEqual(west);
    },
  );

  requirement('server-timing', 'the answer says which stage took how long', async () => {
    const { headers } = await call([bearer(wanda)]);
    const parts = String(headers['server-timing']).split(', ');
    for (const part of parts) expect(part).toMatch(/^[a-z]+;dur=\d+\.\d{3}$/);
    const stages = ['auth', 'decide', 'validate', 'limit', 'exchange', 'run', 'guard', 'audit'];
    expect(parts.map((part) => part.split(';')[0])).toEqual(stages);
  });
});

describe('tokens', () => {
  const portalKey = () => {
    const file = join(world.environment['PORTAL_KEYS_DIR'] ?? '', 'signing-keys.json');
    const { kid } = decodeProtectedHeader(wanda);
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { keys: { kid: string; jwk: JWK }[] };
    return stored.keys.find((key) => key.kid === kid)?.jwk ?? {};
  };
  /** Wanda's own token with other claims, signed anew. */
  async function forged(claims: object, jwk: JWK = portalKey()): Promise<string> {
    const { kid = '' } = decodeProtectedHeader(wanda);
    const header = { alg: 'ES256', typ: 'at+jwt', kid };
    return new SignJWT({ ...decodeJwt(wanda), ...claims })
      .setProtectedHeader(header)
      .sign(await importJWK(jwk, 'ES256'));
  }
  const refused = async (token: string) => {
    const { status, headers } = await call([bearer(token)]);
    return [status, headers['www-authenticate']];
  };
  const REFUSED = [401, expect.stringContaining('error="invalid_token"')];

  requirement('mcp-foreign-token', 'of another issuer, for another audience, or by another key: 401', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    expect(await statusOf(call([bearer(await forged({}))])), 'signed as the portal does').toBe(200);
    expect(await refused(await forged({}, await exportJWK(privateKey))), 'key').toEqual(REFUSED);
    expect(await refused(await forged({ iss: 'https://portal.evil.example' })), 'issuer').toEqual(REFUSED);
    expect(await refused(await forged({ aud: `${world.url}/other` })), 'audience').toEqual(REFUSED);
    expect(await refused(await forged({ aud: [world.url, 'https://other.example'] })), 'two audiences').toEqual(
      REFUSED,
    );
    expect(await refused(await world.signIn(WANDA)), 'the provider’s own').toEqual(REFUSED);
    expect(await refused(olivia), 'the platform’s own').toEqual(REFUSED);
  });

  requirement('mcp-expired-token', 'past its end, and the skew that clocks are allowed: 401', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const ended = { iat: nowSeconds - 600, exp: nowSeconds - 31 };
    expect(await refused(await forged(ended))).toEqual(REFUSED);
    expect(await statusOf(call([bearer(await forged({ ...ended, exp: nowSeconds + 60 }))]))).toBe(200);
  });
});

describe('the request id', () => {
  const withId = async (id: string) => (await call([['x-request-id', id], bearer(wanda)])).headers['x-request-id'];

  requirement('request-id-honoured', 'a sane one is kept, another is replaced', async () => {
    expect(await withId('from-the-outside.1')).toBe('from-the-outside.1');
    for (const id of ['short', 'x'.repeat(65), 'with a space', 'line;feed=1']) {
      expect(await withId(id)).toMatch(/^[\w.:-]{8,64}$/);
      expect(await withId(id)).not.toBe(id);
    }
  });

  requirement('request-id-everywhere', 'in the answer, its log line, its spans and its audit event', async () => {
    const id = 'everywhere-0001';
    expect(await withId(id)).toBe(id);
    const logged = () => world.logOf('mcp').filter(({ request_id }) => request_id === id);
    await expect.poll(logged, WAIT).toMatchObject([{ tool: TOOL, outcome: 'success' }]);

    const spansOf = (traceId: unknown) => receiver.spans.filter((span) => span.traceId === traceId);
    const names = () => spansOf(logged()[0]?.['trace_id']).map(({ name }) => name);
    const stages = ['POST /mcp', 'auth', `tools/call ${TOOL}`, 'limit', 'exchange', 'sql', 'audit', 'audit store'];
    await expect.poll(() => names().toSorted(), WAIT).toEqual(stages.toSorted());
    for (const { name, attributes } of spansOf(logged()[0]?.['trace_id'])) {
      expect([name, attributes['request_id']]).toEqual([name, id]);
    }

    const client = new pg.Client(world.environment['AUDIT_READ_URL']);
    await client.connect();
    const recorded = () => client.query('SELECT tool, status FROM audit_base.tool_calls WHERE request_id = $1', [id]);
    await expect.poll(async () => (await recorded()).rows, WAIT).toEqual([{ tool: TOOL, status: 'success' }]);
    await client.end();
  });
});

describe('on behalf of', () => {
  const obo = (headers: readonly Header[], more: Asked = {}) => call(headers, { ...more, url: oboUrl() });

  requirement('obo-listener-only', 'the forwarded token is read on its own listener', async () => {
    const { status, json } = await obo([forwarded(olivia)]);
    const { structuredContent } = json['result'] as { structuredContent: { rows: unknown[] } };
    expect([status, structuredContent.rows.length]).toEqual([200, 4]);
  });

  requirement(
    ['obo-main-port-400', 'obo-listener-only'],
    'on the main port it is 400, whatever is beside it',
    async () => {
      for (const headers of [[forwarded(olivia)], [forwarded('x')], [forwarded(olivia), bearer(wanda)]]) {
        expect(await statusOf(call(headers))).toBe(400);
      }
    },
  );

  requirement('obo-trusted-peer-only', 'and believed from a trusted peer only, whoever it says it is', async () => {
    const pretending: readonly Header[] = [forwarded(olivia), ['x-forwarded-for', '127.0.0.1']];
    expect(await statusOf(obo(pretending, { from: '127.0.0.2' }))).toBe(403);
    expect(await statusOf(obo(pretending, { from: '127.0.0.1' }))).toBe(200);
  });

  requirement('obo-bad-token', 'a bad one is 401, and so is none', async () => {
    const [head, body] = olivia.split('.');
    const foreign = await world.signIn(WANDA);
    for (const token of ['x', `${head}.${body}.AAAA`, foreign, wanda]) {
      expect(await statusOf(obo([forwarded(token)]))).toBe(401);
    }
    expect(await statusOf(obo([]))).toBe(401);
  });

  requirement('obo-duplicate-header', 'two are 400, also when they are the same', async () => {
    expect(await statusOf(obo([forwarded(olivia), forwarded(olivia)]))).toBe(400);
  });

  requirement('obo-authorization-agent-only', 'beside it only an agent may prove itself', async () => {
    expect(await statusOf(obo([forwarded(olivia), bearer(await world.agentAlone())]))).toBe(200);
    expect(await statusOf(obo([forwarded(olivia), bearer(wanda)]))).toBe(401);
    expect(await statusOf(obo([forwarded(olivia), bearer('x')]))).toBe(401);
  });
});
