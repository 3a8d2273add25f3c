import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { Answer, QueryOptions, Question } from '../../platform.ts';
import { answerOf, type GenieReply, replyOf } from './genie-answer.ts';
import { type GenieApi, messageIdOf } from './genie-api.ts';
import { genieFailure } from './genie-failure.ts';
import type { GenieMessage } from './genie-message.ts';
import { type GenieTable, tableOf } from './genie-result.ts';
import { stageOf } from './genie-status.ts';
import { GenieWait, type WaitDeps } from './genie-wait.ts';

export interface GenieOptions extends WaitDeps {
  readonly api: GenieApi;
}

/** How long a first question may take, and one in a conversation that is already open. */
const NEW_MS = 60_000;
const FOLLOW_UP_MS = 40_000;

/** What a follow-up brings back. It travels sealed, so that nobody can follow up somebody else's conversation. */
const planSchema = z.strictObject({ genie: z.strictObject({ conversation: z.string().min(1).max(200) }) });

/** A question in plain English to a Genie space, as one caller. */
export async function askGenie(
  { api, now, sleep }: GenieOptions,
  { text, plan }: Question,
  { timeoutMs = Infinity, signal, onStatement }: QueryOptions = {},
): Promise<Answer> {
  const conversation = conversationOf(plan);
  const ms = Math.min(conversation === undefined ? NEW_MS : FOLLOW_UP_MS, timeoutMs);
  const wait = new GenieWait({ now, sleep, ms, signal });
  const asked = { api, wait, message: await api.ask(text, conversation, wait.limits) };
  try {
    while (stageOf(asked.message.status) === 'running') {
      await wait.next();
      asked.message = (await wait.look(api.message(asked.message, wait.limits))) ?? asked.message;
    }
    return await finish(asked, onStatement);
  } catch (error) {
    // Nobody waits any more, or it came too late: then the warehouse need not go on either.
    if (signal?.aborted === true || isTimeout(error)) api.cancel(asked.message);
    throw error;
  }
}

const isTimeout = (error: unknown) => error instanceof AppError && error.code === 'upstream_timeout';

async function finish(asked: Asked, onStatement: QueryOptions['onStatement']): Promise<Answer> {
  const { message } = asked;
  const reply = finalReply(message);
  if (reply.kind === 'query' && reply.query.query != null) onStatement?.(reply.query.query);
  const table = reply.kind === 'query' ? await resultOf(asked, reply) : undefined;
  return answerOf(reply, { table, message, messageId: messageIdOf(message) });
}

function finalReply(message: GenieMessage): GenieReply {
  const stage = stageOf(message.status);
  if (stage === 'failed') throw genieFailure(message);
  if (stage === 'cancelled') throw new AppError('upstream_unavailable', 'Genie: somebody cancelled the message');
  return replyOf(message);
}

interface Asked {
  readonly api: GenieApi;
  readonly wait: GenieWait;
  readonly message: GenieMessage;
}

/** A result that has expired is computed anew, once: it is the same statement, and no new question. */
async function resultOf(
  { api, wait, message }: Asked,
  { attachment, query }: Extract<GenieReply, { kind: 'query' }>,
): Promise<GenieTable> {
  const place = { message, attachment };
  const look = () => wait.look(api.result(place, wait.limits));
  let statement = stageOf(message.status) === 'expired' ? await api.executeAgain(place, wait.limits) : await look();
  for (;;) {
    const table = statement && tableOf(statement, query);
    if (table !== undefined) return table;
    await wait.next();
    statement = await look();
  }
}

function conversationOf(plan: unknown): string | undefined {
  if (plan === undefined) return undefined;
  const parsed = planSchema.safeParse(plan);
  if (!parsed.success) throw new AppError('not_found', 'the plan of a follow-up is not one of Genie');
  return parsed.data.genie.conversation;
}
