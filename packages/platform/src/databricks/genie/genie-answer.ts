import { AppError } from '@causeway/core';
import type { Answer } from '../../platform.ts';
import { type GenieMessage, type GenieQuery, queryOf, suggestionsOf, textsOf } from './genie-message.ts';
import type { GenieTable } from './genie-result.ts';

/** What a finished message says, before its result is fetched. */
export type GenieReply =
  | { readonly kind: 'clarification'; readonly text: string }
  | { readonly kind: 'query'; readonly text: string; readonly attachment: string; readonly query: GenieQuery }
  | { readonly kind: 'text'; readonly text: string };

/**
 * A message may hold an answer and a question back at once: then it is an answer. Where the workspace does not say what a text is for, a text
 * without a query is a question back, because there is no result that it could be the words of.
 */
export function replyOf(message: GenieMessage): GenieReply {
  const found = queryOf(message);
  const texts = textsOf(message);
  if (found !== undefined) {
    const spoken = texts.map(({ content }) => content);
    const text = spoken.length > 0 ? spoken.join('\n\n') : (found.query.description ?? found.query.title ?? '');
    return { kind: 'query', text, attachment: found.id, query: found.query };
  }
  if (texts.length + suggestionsOf(message).length === 0) {
    throw new AppError('upstream_rejected', 'Genie completed a message without an answer');
  }
  const isAnswer = texts.some(({ asks }) => asks === 'no');
  const text = texts.map(({ content }) => content).join('\n\n');
  return isAnswer ? { kind: 'text', text } : { kind: 'clarification', text: withSuggestions(text, message) };
}

function withSuggestions(text: string, message: GenieMessage): string {
  const suggestions = suggestionsOf(message).slice(0, 3);
  const hint = suggestions.length === 0 ? [] : [`You could ask: ${suggestions.join(' / ')}`];
  return [...(text === '' ? [] : [text]), ...hint].join('\n\n');
}

const EMPTY: GenieTable = { columns: [], rows: [], totalRows: 0, truncated: false };

export interface Finished {
  readonly table: GenieTable | undefined;
  readonly message: GenieMessage;
  readonly messageId: string;
}

export function answerOf(reply: GenieReply, { table = EMPTY, message, messageId }: Finished): Answer {
  const sql = reply.kind === 'query' ? reply.query.query : undefined;
  return {
    status: reply.kind === 'clarification' ? 'clarification' : 'completed',
    text: reply.text,
    ...(sql != null && { sql }),
    ...table,
    plan: { genie: { conversation: message.conversation_id } },
    messageId,
  };
}
