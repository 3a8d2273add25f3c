import { type ProtocolError, SERVER_INFO_META_KEY } from '@modelcontextprotocol/server';
import { resultOf, type ServerOptions } from './create-server.ts';
import { type McpReply, replyOf } from './mcp-reply.ts';
import type { PlainCall } from './plain-call.ts';
import type { McpRequest } from './tool-host.ts';

interface Sent {
  readonly request: McpRequest;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Answers a plain call as the SDK's server would. Undefined when the client went away before there was an answer. */
export async function answerCall(
  options: ServerOptions,
  { isModern, id, ...call }: PlainCall,
  { request, signal: left }: Sent,
): Promise<McpReply | undefined> {
  // Streamable HTTP 2026-07-28: a client that disconnects has cancelled. Before that revision it has not.
  const signal = isModern ? left : new AbortController().signal;
  if (signal.aborted) return undefined;
  const reply = await resultOf(options, { ...call, signal }, request).then(
    (result) => replyOf([{ id, result: isModern ? { ...result, ...ofTheRevision(options) } : result }]),
    ({ code, message }: ProtocolError) => replyOf([{ id, error: { code, message } }]),
  );
  return signal.aborted ? undefined : reply;
}

const ofTheRevision = ({ info }: ServerOptions) => ({
  resultType: 'complete',
  _meta: { [SERVER_INFO_META_KEY]: info },
});
