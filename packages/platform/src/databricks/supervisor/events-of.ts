import { z } from 'zod';

const event = z.object({
  type: z.string().default(''),
  item: z.unknown().optional(),
  item_id: z.string().default(''),
  delta: z.string().default(''),
  error: z.unknown().optional(),
});

export interface StreamEvent extends z.output<typeof event> {
  /** Nothing comes after it. */
  readonly ends: boolean;
}

/** Both spellings have been seen. */
const ENDS = new Set(['response.completed', 'responses.completed', 'response.incomplete']);

/** The events of a stream that has been read whole (WHATWG HTML, 9.2.6): data lines, an empty line ends each. */
export function eventsOf(written: string): readonly StreamEvent[] {
  return written.split(/\r\n\r\n|\n\n|\r\r/).flatMap((block): StreamEvent[] => {
    const lines = block.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
    if (lines.length === 0) return [];
    const text = lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n');
    if (text.trim() === '[DONE]') return [{ ...event.parse({}), ends: true }];
    const parsed = event.safeParse(parse(text));
    return parsed.success ? [{ ...parsed.data, ends: ENDS.has(parsed.data.type) }] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A line that was cut off; the end that is missing then says so.
    return undefined;
  }
}
