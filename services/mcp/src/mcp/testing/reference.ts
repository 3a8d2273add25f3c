import { createMcpHandler } from '@modelcontextprotocol/server';
import { createMcp } from '../create-mcp.ts';
import { authInfoOf, createServer } from '../create-server.ts';
import { LEGACY, MODERN } from '../revisions.ts';
import { echoHost, testRequest } from './echo-host.ts';
import { type TestRequest, textOf } from './requests.ts';

export const OPTIONS = {
  service: 'test',
  info: { name: 'test', version: '1' },
  host: echoHost(),
  onError: () => undefined,
};

const mcp = await createMcp(OPTIONS);
const reference = createMcpHandler(() => createServer(OPTIONS, [...LEGACY, MODERN]));

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What the product answers. */
export async function ours(request: TestRequest): Promise<Answer> {
  const { signal } = new AbortController();
  const body = Buffer.from(textOf(request));
  const reply = await mcp.handle({ headers: request.headers, body, request: testRequest(), signal });
  return { status: reply?.status ?? 0, body: reply?.body === undefined ? undefined : JSON.parse(reply.body) };
}

/** What the SDK's own handler answers, over the same tools. */
export async function theirs(request: TestRequest): Promise<Answer> {
  const response = await reference.fetch(
    new Request('http://127.0.0.1/mcp', { method: 'POST', headers: request.headers, body: textOf(request) }),
    { authInfo: authInfoOf(testRequest()) },
  );
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return {
    status: response.status,
    body: isStream ? fromStream(text, request) : text === '' ? undefined : JSON.parse(text),
  };
}

/** The SDK answers older revisions with a stream of one event for each message; JSON says the same. */
function fromStream(text: string, { body }: TestRequest): unknown {
  const messages = text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
  return Array.isArray(body) ? messages.toSorted((a, b) => a.id - b.id) : messages[0];
}

/** The text of a refusal may differ; what programs read may not. */
export function forPrograms({ status, body }: Answer) {
  const { error, ...rest } = (body ?? {}) as { error?: { code: number; data?: unknown } };
  return error === undefined ? { status, body } : { status, ...rest, code: error.code };
}
