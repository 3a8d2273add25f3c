import { eventsOf } from './events-of.ts';

export interface StreamedAnswer {
  readonly output: readonly unknown[];
  readonly error?: string;
}

/** What the whole answer would have held. Undefined when the stream broke off: half an answer is none. */
export function streamedAnswer(written: string): StreamedAnswer | undefined {
  const events = eventsOf(written);
  if (events.some(({ type, error }) => error != null || type === 'error' || type === 'response.failed')) {
    return { output: [], error: 'stream' };
  }
  if (!events.some(({ ends }) => ends)) return undefined;
  const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
  if (items.some(isMessage)) return { output: items };
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
  const pieces = Map.groupBy(deltas, ({ item_id }) => item_id);
  const messages = Array.from(pieces.values(), (parts) => ({
    type: 'message',
    content: parts.map(({ delta }) => delta).join(''),
  }));
  return { output: [...items, ...messages] };
}

const isMessage = (item: unknown) =>
  typeof item === 'object' && item !== null && 'type' in item && item.type === 'message';
