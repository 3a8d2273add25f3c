import { AppError } from '@causeway/core';
import type { OutboundResponse } from '@causeway/runtime';
import { z } from 'zod';
import type { SupervisorAnswer } from '../../platform.ts';
import { streamedAnswer } from './streamed-answer.ts';

const text = z.object({ type: z.string(), text: z.string().nullish() });
const item = z.object({
  type: z.string(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  call_id: z.string().nullish(),
  output: z.unknown().optional(),
  content: z.union([z.string(), z.array(text)]).nullish(),
});
type OutputItem = z.output<typeof item>;

const choice = z.object({ message: z.object({ content: z.string().nullish() }) });
const failure = z.union([z.string(), z.object({ code: z.unknown().optional() })]);
const answer = z.object({
  output: z.array(item).nullish(),
  choices: z.array(choice).nullish(),
  error: failure.nullish(),
});

const SUMMARY_CHARS = 280;

/** The answer of a supervisor, in whichever of its forms: Responses, chat, or a stream of events. */
export function readAnswer(response: OutboundResponse): Omit<SupervisorAnswer, 'plan'> {
  const parsed = answer.safeParse(documentOf(response));
  if (!parsed.success) throw unusable('is in no form that is known');
  const { output, choices, error } = parsed.data;
  // What went wrong inside may quote anything.
  if (error != null) throw new AppError('upstream_unavailable', 'supervisor: it says that it failed');
  const items = output ?? [];
  const said = (textOf(items) ?? choices?.at(-1)?.message.content ?? '').trim();
  if (said === '') throw nothingSaid(items);
  return { text: said, steps: stepsOf(items) };
}

function documentOf({ headers, body }: OutboundResponse): unknown {
  const written = new TextDecoder().decode(body);
  const isStream = /^text\/event-stream\b/i.test(headers['content-type'] ?? '') || /^(data|event):/.test(written);
  if (!isStream) return parseJson(written);
  const streamed = streamedAnswer(written);
  if (streamed === undefined) throw unusable('broke off');
  return streamed;
}

/** Of several messages the last one is the answer; those before it are what was said on the way. */
function textOf(items: readonly OutputItem[]): string | undefined {
  const last = items.findLast(({ type }) => type === 'message');
  if (last?.content == null) return undefined;
  if (typeof last.content === 'string') return last.content;
  return last.content.map((part) => (part.type === 'output_text' ? (part.text ?? '') : '')).join('');
}

function stepsOf(items: readonly OutputItem[]): SupervisorAnswer['steps'] {
  const outputs = new Map(
    items.flatMap((one) => (one.type === 'function_call_output' ? [[one.call_id, one.output]] : [])),
  );
  return items.flatMap((one) =>
    one.type === 'function_call'
      ? [{ tool: (one.name ?? 'unknown').slice(0, 100), summary: summaryOf(outputs.get(one.call_id)) }]
      : [],
  );
}

function summaryOf(output: unknown): string {
  if (output === undefined) return 'no result is shown';
  const written = typeof output === 'string' ? output : JSON.stringify(output);
  return written.length > SUMMARY_CHARS ? `${written.slice(0, SUMMARY_CHARS)}…` : written;
}

function nothingSaid(items: readonly OutputItem[]): AppError {
  if (!items.some(({ type }) => type === 'mcp_approval_request')) return unusable('holds no text');
  return new AppError('upstream_rejected', 'supervisor: it waits for an approval', {
    safeDetail: 'The supervisor wants somebody to approve a step, which cannot be done here.',
  });
}

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    throw unusable('is not JSON');
  }
}

function unusable(what: string): AppError {
  return new AppError('upstream_unavailable', `supervisor: the answer ${what}`);
}
