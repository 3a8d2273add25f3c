import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMcp } from './create-mcp.ts';
import { echoHost, testRequest } from './testing/echo-host.ts';
import { JSON_HEADERS, REQUESTS, textOf } from './testing/requests.ts';

const mcp = await createMcp({
  service: 'test',
  info: { name: 'test', version: '1' },
  host: echoHost(),
  onError: () => undefined,
});

type Headers = Readonly<Record<string, string>>;

/** What came back, which must be whole: JSON-RPC or nothing, and nobody else's id. */
async function answerTo(headers: Headers, body: Buffer): Promise<readonly Answer[]> {
  const { signal } = new AbortController();
  const reply = await mcp.handle({ headers, body, request: testRequest(), signal });
  expect([200, 202, 400, 404, 406, 415]).toContain(reply?.status);
  expect(mcp.inFlight).toEqual([0, 0]);
  expect(reply?.body === undefined).toBe(reply?.status === 202);
  const answers = [JSON.parse(reply?.body ?? '[]') as Answer].flat();
  const asked = idsIn(body);
  for (const answer of answers) {
    expect(Object.keys(answer).toSorted()).toEqual(
      'result' in answer ? ['id', 'jsonrpc', 'result'] : ['error', 'id', 'jsonrpc'],
    );
    expect(answer.jsonrpc).toBe('2.0');
    // Only a request has a result; a message that cannot be told from another has no id.
    expect([...asked, ...('result' in answer ? [] : [null])]).toContain(answer.id);
    expect(reply?.body).not.toContain('/etc/passwd');
  }
  return answers;
}

interface Answer {
  readonly jsonrpc: string;
  readonly id: unknown;
  readonly error?: { readonly code: number; readonly message: string };
  readonly result?: unknown;
}

function idsIn(body: Buffer): unknown[] {
  try {
    return [JSON.parse(body.toString()) as unknown].flat().map((each) => (each as { id?: unknown } | null)?.id);
  } catch {
    return [];
  }
}

const MADE = Object.values(REQUESTS);
const made = fc.constantFrom(...MADE);
const headers = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Headers>(JSON_HEADERS) },
  { weight: 3, arbitrary: made.map((each) => each.headers) },
  fc.record({ 'content-type': fc.string(), 'mcp-protocol-version': fc.string(), 'mcp-method': fc.string() }),
);

test('any bytes at all get a whole answer', async () => {
  await fc.assert(
    fc.asyncProperty(headers, fc.uint8Array({ maxLength: 300 }), async (given, bytes) => {
      await answerTo(given, Buffer.from(bytes));
    }),
    { numRuns: 1000 },
  );
});

test('any JSON at all gets a whole answer', async () => {
  const message = fc.record(
    {
      jsonrpc: fc.oneof(fc.constant('2.0'), fc.jsonValue()),
      id: fc.oneof(fc.string(), fc.integer(), fc.jsonValue()),
      method: fc.oneof(
        fc.constantFrom('tools/call', 'tools/list', 'ping', 'initialize', 'constructor'),
        fc.jsonValue(),
      ),
      params: fc.oneof(
        fc.record({ name: fc.constantFrom('echo', 'fail', 'x'), arguments: fc.jsonValue() }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof({ weight: 4, arbitrary: message }, fc.array(message, { maxLength: 5 }), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(headers, body, async (given, sent) => {
      await answerTo(given, Buffer.from(JSON.stringify(sent)));
    }),
    { numRuns: 1000 },
  );
});

test('a request that is right but for one byte gets a whole answer', async () => {
  await fc.assert(
    fc.asyncProperty(made, fc.nat(), fc.integer({ min: 0, max: 255 }), async (request, at, byte) => {
      const body = Buffer.from(textOf(request));
      if (body.length > 0) body[at % body.length] = byte;
      await answerTo(request.headers, body);
    }),
    { numRuns: 1000 },
  );
});

test('a request under any id is answered under that id', async () => {
  // As JSON has them: an integer, or text.
  const id = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    fc.maxSafeInteger(),
  );
  await fc.assert(
    fc.asyncProperty(id, fc.constantFrom('ping', 'tools/list', 'nothing'), async (asked, method) => {
      const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: asked, method }));
      expect((await answerTo(JSON_HEADERS, body)).map((answer) => answer.id)).toEqual([asked]);
    }),
    { numRuns: 200 },
  );
});
