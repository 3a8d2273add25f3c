import { AppError } from '@causeway/core';
import type { OutboundResponse } from '@causeway/runtime';
import { z } from 'zod';
import type { QueryOptions, Question, SupervisorAnswer } from '../../platform.ts';
import type { WorkspaceCalls } from '../workspace-call.ts';
import { readAnswer } from './read-answer.ts';

export interface SupervisorEndpoint {
  readonly calls: Pick<WorkspaceCalls, 'raw' | 'refusalOf'>;
  /** The serving endpoint of the supervisor. */
  readonly endpoint: string;
  /** `model-serving`. */
  readonly scope: string;
}

const DEADLINE_MS = 120_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** What a handle can carry, with room for the rest of it. */
const MEMORY_BYTES = 3000;
const TURN_BYTES = 900;
const TURNS_MAX = 20;

const turn = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string() });
const planSchema = z.strictObject({ supervisor: z.array(turn).max(TURNS_MAX) });
type Turn = z.output<typeof turn>;

/** A question to a supervisor agent of the workspace, as the caller: what its tools may see is decided by the caller's token. */
export async function askSupervisorEndpoint(
  { calls, endpoint, scope }: SupervisorEndpoint,
  { text, plan }: Question,
  { signal, timeoutMs = DEADLINE_MS }: QueryOptions = {},
): Promise<SupervisorAnswer> {
  const turns: readonly Turn[] = [...turnsOf(plan), { role: 'user', content: text }];
  const send = (body: unknown) =>
    calls.raw({
      method: 'POST',
      path: `/serving-endpoints/${encodeURIComponent(endpoint)}/invocations`,
      scope,
      body,
      headers: { accept: 'text/event-stream, application/json' },
      purpose: 'long',
      deadlineMs: Math.min(timeoutMs, DEADLINE_MS),
      // Its tools may write: it is asked once.
      repeatable: false,
      tooManyRequests: 'final',
      bodyMaxBytes: ANSWER_BYTES_MAX,
      overflow: 'error',
      ...(signal !== undefined && { signal }),
    });
  let response = await send({ input: turns, stream: true });
  // An endpoint that speaks the older form refuses the body before anything has run.
  if (response.status === 400) response = await send({ messages: turns, stream: false });
  const answer = readAnswer(accepted(response, calls));
  return { ...answer, plan: { supervisor: remembered([...turns, { role: 'assistant', content: answer.text }]) } };
}

function accepted(response: OutboundResponse, calls: Pick<WorkspaceCalls, 'refusalOf'>): OutboundResponse {
  if (response.status >= 200 && response.status < 300) return response;
  const refusal = calls.refusalOf(response);
  // As with all that a principal has no right to.
  if (refusal.code !== 'not_found') throw refusal;
  throw new AppError('access_denied', 'the supervisor does not exist for this principal', { cause: refusal });
}

function turnsOf(plan: unknown): readonly Turn[] {
  if (plan === undefined) return [];
  const parsed = planSchema.safeParse(plan);
  if (!parsed.success) throw new AppError('not_found', 'the plan of a follow-up is not one of the supervisor');
  return parsed.data.supervisor;
}

/** The last turns that fit, each with its beginning. An endpoint keeps nothing between two calls. */
function remembered(turns: readonly Turn[]): readonly Turn[] {
  const kept: Turn[] = [];
  let bytes = 0;
  for (const { role, content } of turns.slice(-TURNS_MAX).toReversed()) {
    const short = { role, content: beginningOf(content) };
    bytes += bytesOf(short);
    if (bytes > MEMORY_BYTES) break;
    kept.unshift(short);
  }
  return kept;
}

function beginningOf(text: string): string {
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += bytesOf(character) - 2;
    if (bytes > TURN_BYTES) break;
    length += character.length;
  }
  return text.slice(0, length);
}

/** As JSON, in which a handle carries it. */
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
