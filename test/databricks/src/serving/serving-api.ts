import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Answer, ApiError, doesNotExist, json, permissionDenied } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import type { Principal } from '../oauth/principal.ts';
import { askAnalyst, type AnalystWorkDeps } from '../genie/analyst-work.ts';
import { isGranted } from '../sql/ask-engine.ts';

export interface ServingSettings {
  /** The supervisor's serving endpoints. One that speaks `chat` is of the older kind, which refuses `input`. */
  readonly endpoints: Readonly<Record<string, 'responses' | 'chat'>>;
}

export interface ServingDeps extends AnalystWorkDeps {
  readonly settings: ServingSettings;
}

const turn = z.object({ role: z.string(), content: z.string() });
const body = z.object({
  input: z.array(turn).min(1).optional(),
  messages: z.array(turn).min(1).optional(),
  stream: z.boolean().default(false),
});

const CAN_QUERY = { text: `SELECT has_function_privilege('causeway.ask_supervisor()', 'EXECUTE')` };
const ROWS_TOLD = 5;

/** A supervisor agent behind a serving endpoint. Its one tool is the analyst, asked as the caller of the endpoint. */
export function servingRoutes(deps: ServingDeps): readonly Route[] {
  const { settings, engine } = deps;
  return [
    {
      on: 'POST /serving-endpoints/{name}/invocations',
      scope: ['model-serving'],
      async handle(request, principal) {
        const endpoint = request.param('name');
        const speaks = Object.hasOwn(settings.endpoints, endpoint) ? settings.endpoints[endpoint] : undefined;
        if (speaks === undefined) throw doesNotExist(`The endpoint '${endpoint}' does not exist.`);
        if (!(await isGranted(engine, principal, CAN_QUERY))) {
          throw permissionDenied(`User does not have permission 'Query' on serving endpoint '${endpoint}'.`);
        }
        const { input, messages, stream } = request.json(body);
        const turns = speaks === 'chat' ? messages : input;
        if (turns === undefined) throw new ApiError(400, 'BAD_REQUEST', 'Failed to enforce schema of the input.');
        const work = await superviseQuestion(deps, principal, turns.at(-1)?.content ?? '');
        if (speaks === 'chat') return json(chatAnswer(work));
        return stream ? streamed(work) : json(responsesAnswer(work));
      },
    },
  ];
}

interface Supervised {
  readonly question: string;
  readonly found: string;
  readonly text: string;
}

async function superviseQuestion(deps: ServingDeps, principal: Principal, question: string): Promise<Supervised> {
  const reply = await askAnalyst(deps, principal, { text: question });
  if (reply.run === undefined) return { question, found: reply.text, text: reply.text };
  const { columns, rows } = await reply.run(new AbortController().signal);
  const told = rows.slice(0, ROWS_TOLD).map((row) => row.map((cell) => cell ?? '–').join(', '));
  const found = [columns.map(({ name }) => name).join(', '), ...told].join('\n');
  return { question, found, text: `${reply.text}\n${found}` };
}

function itemsOf({ question, found, text }: Supervised) {
  const callId = `call_${randomUUID()}`;
  return [
    {
      type: 'function_call',
      id: `fc_${randomUUID()}`,
      call_id: callId,
      name: 'genie',
      arguments: JSON.stringify({ question }),
    },
    { type: 'function_call_output', call_id: callId, output: found },
    {
      type: 'message',
      id: `msg_${randomUUID()}`,
      role: 'assistant',
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ];
}

const responsesAnswer = (work: Supervised) => ({
  id: `resp_${randomUUID()}`,
  object: 'response',
  model: 'supervisor',
  created_at: Math.floor(Date.now() / 1000),
  output: itemsOf(work),
});

const chatAnswer = ({ text }: Supervised) => ({
  id: `chatcmpl_${randomUUID()}`,
  object: 'chat.completion',
  model: 'supervisor',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
});

const DELTA_CHARS = 40;

function streamed(work: Supervised): Answer {
  const items = itemsOf(work);
  const messageId = items.at(-1)?.id;
  const deltas = work.text.match(new RegExp(`[\\s\\S]{1,${DELTA_CHARS}}`, 'g')) ?? [];
  const events = [
    ...items.slice(0, -1).map((item) => ({ type: 'response.output_item.done', item })),
    ...deltas.map((delta) => ({ type: 'response.output_text.delta', item_id: messageId, delta })),
    { type: 'response.output_item.done', item: items.at(-1) },
    { type: 'responses.completed', response: { id: `resp_${randomUUID()}`, status: 'completed' } },
  ];
  const pieces = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: inPieces(pieces) };
}

async function* inPieces(pieces: readonly string[]): AsyncIterable<string> {
  yield* pieces;
}
