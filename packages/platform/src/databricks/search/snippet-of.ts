const SNIPPET_CHARS = 300;
const BEFORE_CHARS = 60;

/** The passage around the first word of the query that stands in the text, or its beginning. */
export function snippetOf(text: string, query: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  if (flat.length <= SNIPPET_CHARS) return flat;
  const lower = flat.toLowerCase();
  const places = (query.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).map((word) => lower.indexOf(word));
  const first = Math.min(...places.filter((at) => at >= 0), flat.length);
  const from = first === flat.length ? 0 : wordStart(flat, Math.max(0, first - BEFORE_CHARS));
  const passage = flat.slice(from, from + SNIPPET_CHARS).replace(/\s\S*$/, '');
  return `${from > 0 ? '… ' : ''}${passage}${from + SNIPPET_CHARS < flat.length ? ' …' : ''}`;
}

function wordStart(text: string, at: number): number {
  return at === 0 ? 0 : text.indexOf(' ', at) + 1;
}
