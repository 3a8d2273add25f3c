import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainCall } from './plain-call.ts';
import { forPrograms, ours, theirs } from './testing/reference.ts';
import { JSON_HEADERS, legacyRequest, modernHeaders, modernRequest, type TestRequest } from './testing/requests.ts';

const CLIENT = 'io.modelcontextprotocol/clientInfo';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

const ECHO = { name: 'echo', arguments: { text: 'hi' } };
const ABLE = {
  [CAPABILITIES]: {
    elicitation: { form: {} },
    experimental: {},
    extensions: {},
    roots: { listChanged: true },
    sampling: {},
  },
};
const TRACED = { progressToken: 1, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

const CALLS: readonly TestRequest[] = [
  { headers: modernHeaders('tools/call', 'echo'), body: modernRequest('tools/call', ECHO, 7) },
  {
    headers: modernHeaders('tools/call', 'echo'),
    body: modernRequest('tools/call', { ...ECHO, _meta: { ...ABLE, ...TRACED } }),
  },
  { headers: JSON_HEADERS, body: legacyRequest('tools/call', ECHO, 7) },
  {
    headers: { ...JSON_HEADERS, 'mcp-protocol-version': '2025-11-25' },
    body: legacyRequest('tools/call', { ...ECHO, _meta: TRACED }),
  },
];

type Path = readonly string[];

const PLACES: readonly Path[] = [
  ...['jsonrpc', 'id', 'method', 'params', 'result', 'error', 'more'].map((key) => [key]),
  ...['name', 'arguments', '_meta', 'task', 'inputResponses', 'requestState', 'more'].map((key) => ['params', key]),
  ...[VERSION, CLIENT, CAPABILITIES, LOG_LEVEL, 'progressToken', 'traceparent', 'tracestate', 'baggage', 'more'].map(
    (key) => ['params', '_meta', key],
  ),
  ...['name', 'title', 'version', 'icons', 'websiteUrl', 'description', 'more'].map((key) => [
    'params',
    '_meta',
    CLIENT,
    key,
  ]),
  ...['sampling', 'elicitation', 'roots', 'tasks', 'experimental', 'extensions', 'more'].map((key) => [
    'params',
    '_meta',
    CAPABILITIES,
    key,
  ]),
  ['params', '_meta', CAPABILITIES, 'sampling', 'tools'],
  ['params', '_meta', CAPABILITIES, 'elicitation', 'form', 'applyDefaults'],
  ...['experimental', 'extensions'].map((key) => ['params', '_meta', CAPABILITIES, key, 'more']),
  ...['form', 'url', 'more'].map((key) => ['params', '_meta', CAPABILITIES, 'elicitation', key]),
  ...['listChanged', 'more'].map((key) => ['params', '_meta', CAPABILITIES, 'roots', key]),
];

const WORDS = ['', 'x', 'echo', 'fail', 'tools/list', '2025-06-18', '2027-01-01'];
const VALUES = [undefined, 0, -1, 1.5, 2 ** 53, true, null, [], [1], {}, { a: 1 }, { a: {} }];
const NAMES = ['echo', ' echo ', 'fail', '=?base64?ZWNobw==?=', 'tools/call', ' tools/call', 'tools/list'];
const REVISIONS = ['2026-07-28', ' 2026-07-28', '2025-11-25', '2024-11-05', '2027-01-01'];

/** The same with another value there; without it, when there is none. */
function changed(body: unknown, [key = '', ...rest]: Path, value: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { [key]: old, ...others } = body as Record<string, unknown>;
  const fresh = rest.length === 0 ? value : changed(old, rest, value);
  return fresh === undefined ? others : { ...others, [key]: fresh };
}

const bodyChange = fc.record({
  place: fc.constantFrom(...PLACES),
  value: fc.constantFrom<unknown[]>(...WORDS, ...VALUES),
});
const headerChange = fc.record({
  name: fc.constantFrom('mcp-protocol-version', 'mcp-method', 'mcp-name', 'accept'),
  value: fc.constantFrom(undefined, '', 'application/json', ...NAMES, ...REVISIONS),
});

const request = fc
  .record({
    call: fc.constantFrom(...CALLS),
    bodyChanges: fc.array(bodyChange, { maxLength: 2 }),
    headerChanges: fc.array(headerChange, { maxLength: 1 }),
  })
  .map(({ call, bodyChanges, headerChanges }): TestRequest => {
    const headers: Record<string, string> = { ...call.headers };
    for (const { name, value } of headerChanges) {
      delete headers[name];
      if (value !== undefined) headers[name] = value;
    }
    return { headers, body: bodyChanges.reduce((body, { place, value }) => changed(body, place, value), call.body) };
  });

test('a call, plain or nearly so, is answered as the SDK’s own handler does', async () => {
  let plain = 0;
  let others = 0;
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      if (plainCall(asked.headers, asked.body) === undefined) others += 1;
      else plain += 1;
      expect(forPrograms(await ours(asked))).toEqual(forPrograms(await theirs(asked)));
    }),
    { numRuns: 2000 },
  );
  // Or it would compare the SDK with itself.
  expect(plain).toBeGreaterThan(200);
  expect(others).toBeGreaterThan(200);
});
