import { MODERN } from '../revisions.ts';

export interface TestRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Text is sent as it is. */
  readonly body: unknown;
}

export const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export const modernHeaders = (method: string, name?: string) => ({
  ...JSON_HEADERS,
  'mcp-protocol-version': MODERN,
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
});

interface Params {
  readonly _meta?: object;
  readonly [name: string]: unknown;
}

export const modernRequest = (method: string, params: Params = {}, id: unknown = 'abc') => {
  const { _meta: meta = {}, ...others } = params;
  return { jsonrpc: '2.0', id, method, params: { ...others, _meta: { ...ENVELOPE, ...meta } } };
};

export const legacyRequest = (method: string, params?: object, id: unknown = 3) => ({
  jsonrpc: '2.0',
  id,
  method,
  ...(params && { params }),
});

const call = (name: unknown = 'echo', args?: unknown) =>
  modernRequest('tools/call', { name, ...(args !== undefined && { arguments: args }) }, 7);

const initialize = (protocolVersion: string) =>
  legacyRequest('initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } });

const meta = (change: object) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: { _meta: { ...ENVELOPE, ...change } },
});
const sentinel = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;
const cancelled = (params: object) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const named = (headers: TestRequest['headers'], body: unknown): TestRequest => ({ headers, body });
const H = JSON_HEADERS;
const M = modernHeaders;

const MODERN_CASES: Record<string, TestRequest> = {
  call: named(M('tools/call', 'echo'), call('echo', { text: 'hi' })),
  'call without arguments': named(M('tools/call', 'echo'), call()),
  'call with a charset': named(
    { ...M('tools/call', 'echo'), 'content-type': 'application/json; charset=utf-8' },
    call(),
  ),
  'call with arguments that are a list': named(M('tools/call', 'echo'), call('echo', [1])),
  'call with null arguments': named(M('tools/call', 'echo'), call('echo', null)),
  'call of a number': named(M('tools/call', '5'), call(5, {})),
  'call without a name': named(M('tools/call'), modernRequest('tools/call', {})),
  'call of an unknown tool': named(M('tools/call', 'nope'), call('nope', {})),
  'call of __proto__': named(M('tools/call', '__proto__'), call('__proto__', {})),
  'call that fails': named(M('tools/call', 'fail'), call('fail', {})),
  'call that fails, with something unknown': named(
    M('tools/call', 'fail'),
    modernRequest('tools/call', { name: 'fail', _meta: { more: 1 } }),
  ),
  list: named(M('tools/list'), modernRequest('tools/list')),
  'list with a cursor': named(M('tools/list'), modernRequest('tools/list', { cursor: 'x' })),
  discover: named(M('server/discover'), modernRequest('server/discover')),
  'unknown method': named(M('foo/bar'), modernRequest('foo/bar')),
  'method constructor': named(M('constructor'), modernRequest('constructor')),
  ping: named(M('ping'), modernRequest('ping')),
  'initialize with an envelope': named(M('initialize'), modernRequest('initialize')),
  'set level': named(M('logging/setLevel'), modernRequest('logging/setLevel', { level: 'info' })),
  'prompts/list': named(M('prompts/list'), modernRequest('prompts/list')),
  'prompts/get': named(M('prompts/get', 'a'), modernRequest('prompts/get', { name: 'a' })),
  'resources/read': named(M('resources/read', 'a://b'), modernRequest('resources/read', { uri: 'a://b' })),
  'completion/complete': named(M('completion/complete'), modernRequest('completion/complete')),
  'no version header': named({ ...H, 'mcp-method': 'tools/list' }, modernRequest('tools/list')),
  'no method header': named({ ...H, 'mcp-protocol-version': MODERN }, modernRequest('tools/list')),
  'no name header': named(M('tools/call'), call()),
  'another name': named(M('tools/call', 'other'), call()),
  'name in Base64': named(M('tools/call', sentinel('echo')), call()),
  'another name in Base64': named(M('tools/call', sentinel('other')), call()),
  'bad Base64': named(M('tools/call', '=?base64?!!?='), call()),
  'Base64 that only a lenient decoder reads': named(M('tools/call', '=?base64?ZWNobw=?='), call()),
  'empty Base64': named(M('tools/call', '=?base64??='), call()),
  'name in another case': named(M('tools/call', 'Echo'), call()),
  'name with blanks': named(M('tools/call', '  echo '), call()),
  'another method': named(M('tools/list'), call()),
  'another version in the header': named(
    { ...M('tools/list'), 'mcp-protocol-version': '2025-11-25' },
    modernRequest('tools/list'),
  ),
  'a future version': named(
    { ...M('tools/list'), 'mcp-protocol-version': '2027-01-01' },
    meta({ [VERSION]: '2027-01-01' }),
  ),
  'an old version in the envelope': named(
    { ...M('tools/list'), 'mcp-protocol-version': '2025-06-18' },
    meta({ [VERSION]: '2025-06-18' }),
  ),
  'header without envelope': named(M('tools/list'), legacyRequest('tools/list')),
  'no capabilities': named(M('tools/list'), {
    ...legacyRequest('tools/list'),
    params: { _meta: { [VERSION]: MODERN } },
  }),
  'capabilities of another type': named(M('tools/list'), meta({ [CAPABILITIES]: 5 })),
  'version of another type': named(M('tools/list'), meta({ [VERSION]: 5 })),
  'client info of another type': named(M('tools/list'), meta({ 'io.modelcontextprotocol/clientInfo': 'x' })),
  notification: named(M('notifications/cancelled'), cancelled({ requestId: 1, _meta: ENVELOPE })),
  'notification without headers': named(H, cancelled({ requestId: 1, _meta: ENVELOPE })),
  'unknown notification': named(M('notifications/x'), {
    jsonrpc: '2.0',
    method: 'notifications/x',
    params: { _meta: ENVELOPE },
  }),
  batch: named(M('tools/list'), [modernRequest('tools/list')]),
  'accepts JSON only': named({ ...M('tools/list'), accept: 'application/json' }, modernRequest('tools/list')),
  'accepts nothing': named({ ...M('tools/list'), accept: '' }, modernRequest('tools/list')),
  'id __proto__': named(M('tools/list'), modernRequest('tools/list', {}, '__proto__')),
  'id null': named(M('tools/list'), modernRequest('tools/list', {}, null)),
  'id object': named(M('tools/list'), modernRequest('tools/list', {}, {})),
};

const LEGACY_CASES: Record<string, TestRequest> = {
  ...Object.fromEntries(
    ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07', '2023-01-01', MODERN].map((version) => [
      `initialize ${version}`,
      named(H, initialize(version)),
    ]),
  ),
  'initialize with the modern header': named({ ...H, 'mcp-protocol-version': MODERN }, initialize(MODERN)),
  'initialize without parameters': named(H, legacyRequest('initialize', {})),
  initialized: named(H, { jsonrpc: '2.0', method: 'notifications/initialized' }),
  'hostile cancelled': named(H, cancelled({ requestId: 1 })),
  'legacy list': named(H, legacyRequest('tools/list')),
  'legacy list of a version': named({ ...H, 'mcp-protocol-version': '2025-06-18' }, legacyRequest('tools/list')),
  'legacy list of no version': named({ ...H, 'mcp-protocol-version': '1999-01-01' }, legacyRequest('tools/list')),
  'legacy call': named(H, legacyRequest('tools/call', { name: 'echo', arguments: { text: 'hi' } })),
  'legacy call without arguments': named(H, legacyRequest('tools/call', { name: 'echo' })),
  'legacy call of an unknown tool': named(H, legacyRequest('tools/call', { name: 'x' })),
  'legacy call of a number': named(H, legacyRequest('tools/call', { name: 5 })),
  'legacy call that fails': named(H, legacyRequest('tools/call', { name: 'fail' })),
  'legacy call that fails, with something unknown': named(
    H,
    legacyRequest('tools/call', { name: 'fail', _meta: { more: 1 } }),
  ),
  'legacy ping': named(H, legacyRequest('ping')),
  'legacy discover': named(H, legacyRequest('server/discover')),
  'legacy unknown method': named(H, legacyRequest('foo')),
  'legacy set level': named(H, legacyRequest('logging/setLevel', { level: 'info' })),
  'legacy accepts JSON only': named({ ...H, accept: 'application/json' }, legacyRequest('tools/list')),
  'posted response': named(H, { jsonrpc: '2.0', id: 1, result: {} }),
  'posted error': named(H, { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }),
  'text id': named(H, legacyRequest('ping', undefined, 'α"x')),
  'float id': named(H, legacyRequest('ping', undefined, 1.5)),
  'id 0': named(H, legacyRequest('ping', undefined, 0)),
  'empty batch': named(H, []),
  'legacy batch': named(H, [legacyRequest('ping', undefined, 1), legacyRequest('tools/list', undefined, 2)]),
  'batch of one': named(H, [legacyRequest('ping', undefined, 1)]),
  'batch with a notification': named(H, [cancelled({ requestId: 2 }), legacyRequest('ping', undefined, 1)]),
  'batch of notifications': named(H, [
    cancelled({ requestId: 2 }),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
  ]),
  'batch of nonsense': named(H, [{ a: 1 }]),
  'batch with initialize': named(H, [initialize('2025-03-26'), legacyRequest('ping', undefined, 9)]),
  'batch of 101': named(
    H,
    Array.from({ length: 101 }, (_, id) => legacyRequest('ping', undefined, id)),
  ),
};

const MALFORMED_CASES: Record<string, TestRequest> = {
  'half a body': named(H, '{'),
  'no body': named(H, ''),
  'a number': named(H, '5'),
  null: named(H, 'null'),
  'null id': named(H, legacyRequest('ping', undefined, null)),
  'no jsonrpc': named(H, { id: 1, method: 'ping' }),
  'jsonrpc 1.0': named(H, { jsonrpc: '1.0', id: 1, method: 'ping' }),
  'method number': named(H, { jsonrpc: '2.0', id: 1, method: 1 }),
  'text/plain': named({ ...H, 'content-type': 'text/plain' }, call()),
  'no content type': named({ accept: H.accept }, call()),
  'content type with json in it': named({ ...H, 'content-type': 'text/plain; application/json' }, call()),
};

/** Requests of both eras, right and wrong, by name. */
export const REQUESTS: Readonly<Record<string, TestRequest>> = { ...MODERN_CASES, ...LEGACY_CASES, ...MALFORMED_CASES };

export const textOf = ({ body }: TestRequest): string => (typeof body === 'string' ? body : JSON.stringify(body));
