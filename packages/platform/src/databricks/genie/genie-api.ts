import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { WorkspaceCalls } from '../workspace-call.ts';
import { GENIE_WAIT_MS } from './genie-failure.ts';
import { type GenieMessage, genieMessage, queryOf } from './genie-message.ts';
import { type GenieStatement, queryResult } from './genie-result.ts';
import type { CallLimits } from './genie-wait.ts';

/** The endpoints of one Genie space, as one caller. */
export interface GenieApi {
  /** Counts as a question, so it is sent once, whatever happens to it. */
  ask(text: string, conversation: string | undefined, limits: CallLimits): Promise<GenieMessage>;
  message(seen: GenieMessage, limits: CallLimits): Promise<GenieMessage>;
  result(place: ResultPlace, limits: CallLimits): Promise<GenieStatement>;
  executeAgain(place: ResultPlace, limits: CallLimits): Promise<GenieStatement>;
  /** Ends the statement that a message runs, if it runs one. Nobody waits for it, and whether it worked nobody learns. */
  cancel(seen: GenieMessage): void;
}

interface ResultPlace {
  readonly message: GenieMessage;
  readonly attachment: string;
}

export interface GenieApiOptions {
  readonly calls: Pick<WorkspaceCalls, 'json'>;
  readonly spaceId: string;
  /** `genie`; on Azure also `dashboards.genie`. */
  readonly scope: string;
}

const started = z.object({
  conversation_id: z.string().min(1),
  message_id: z.string().min(1),
  message: genieMessage.partial().nullish(),
});

const CANCEL_MS = 5000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export function createGenieApi({ calls, spaceId, scope }: GenieApiOptions): GenieApi {
  const space = `/api/2.0/genie/spaces/${encodeURIComponent(spaceId)}`;
  const common = { scope, purpose: 'long', bodyMaxBytes: ANSWER_BYTES_MAX } as const;
  const get = (path: string, limits: CallLimits) => calls.json({ ...common, ...limits, method: 'GET', path });
  const post = (path: string, body: unknown, limits: CallLimits) =>
    calls.json({ ...common, ...limits, method: 'POST', path, body, repeatable: false, tooManyRequests: 'final' });
  const messages = (conversation: string) => `${space}/conversations/${encodeURIComponent(conversation)}/messages`;
  const attachmentOf = ({ message, attachment }: ResultPlace) =>
    `${messages(message.conversation_id)}/${idOf(message)}/attachments/${encodeURIComponent(attachment)}`;

  return {
    async ask(text, conversation, limits) {
      const body = { content: text };
      try {
        if (conversation !== undefined) return read(genieMessage, await post(messages(conversation), body, limits));
        return firstMessage(read(started, await post(`${space}/start-conversation`, body, limits)));
      } catch (error) {
        throw await explain(error, conversation !== undefined, () => get(space, limits));
      }
    },
    message: async (seen, limits) =>
      read(genieMessage, await get(`${messages(seen.conversation_id)}/${idOf(seen)}`, limits)),
    result: async (place, limits) =>
      read(queryResult, await get(`${attachmentOf(place)}/query-result`, limits)).statement_response,
    executeAgain: async (place, limits) =>
      read(queryResult, await post(`${attachmentOf(place)}/execute-query`, {}, limits)).statement_response,
    cancel(seen) {
      const statement = queryOf(seen)?.query.statement_id;
      if (statement == null) return;
      const path = `/api/2.0/sql/statements/${encodeURIComponent(statement)}/cancel`;
      calls.json({ method: 'POST', path, scope: 'sql', deadlineMs: CANCEL_MS }).catch(() => undefined);
    },
  };
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.')} (${code})`);
  throw new AppError('upstream_unavailable', `Genie: the answer does not fit: ${places.join(', ')}`);
}

const firstMessage = ({ conversation_id, message_id, message }: z.output<typeof started>): GenieMessage => ({
  ...message,
  conversation_id,
  message_id,
});

export function messageIdOf({ message_id: id, id: legacy }: GenieMessage): string {
  const found = id ?? legacy;
  if (found == null) throw new AppError('upstream_unavailable', 'Genie: a message without an id');
  return found;
}

const idOf = (message: GenieMessage) => encodeURIComponent(messageIdOf(message));

/**
 * Whoever has no right to the space is told that it does not exist. A conversation that was deleted reads the same, so the space is looked at: that
 * counts as no question.
 */
async function explain(error: unknown, isFollowUp: boolean, space: () => Promise<unknown>): Promise<unknown> {
  if (!(error instanceof AppError)) return error;
  // Without a word of the workspace: the time in which its smallest limit lets one question through.
  if (error.code === 'rate_limited' && error.retryAfterMs === undefined) {
    return new AppError('rate_limited', error.message, { cause: error, retryAfterMs: GENIE_WAIT_MS });
  }
  if (error.code !== 'not_found') return error;
  const denied = new AppError('access_denied', 'Genie: the space does not exist for this principal', { cause: error });
  if (!isFollowUp) return denied;
  return space().then(
    () => new AppError('not_found', 'Genie: the conversation is gone', { cause: error }),
    () => denied,
  );
}
