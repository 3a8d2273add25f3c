import type { IncomingHttpHeaders } from 'node:http';
import { errorReply, type McpReply } from './mcp-reply.ts';
import { LEGACY } from './revisions.ts';

const BATCH_MAX = 100;

/** What is wrong with a request of a revision before the modern one, or undefined. */
export function legacyProblem(
  headers: IncomingHttpHeaders,
  { count, isFirst }: { readonly count: number; readonly isFirst: boolean },
): McpReply | undefined {
  const accept = headers.accept ?? '';
  if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
    const message = 'Not Acceptable: Client must accept both application/json and text/event-stream';
    return errorReply(406, { code: -32000, message });
  }
  if (count > BATCH_MAX) {
    return errorReply(400, { code: -32600, message: `Invalid Request: Batch must not exceed ${BATCH_MAX} messages` });
  }
  if (isFirst && count > 1) {
    return errorReply(400, { code: -32600, message: 'Invalid Request: Only one initialization request is allowed' });
  }
  const version = headers['mcp-protocol-version'];
  if (isFirst || version === undefined || LEGACY.includes(String(version))) return undefined;
  const message = `Bad Request: Unsupported protocol version: ${String(version)} (supported versions: ${LEGACY.join(', ')})`;
  return errorReply(400, { code: -32000, message });
}
