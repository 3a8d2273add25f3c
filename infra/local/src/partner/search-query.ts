/** A search as GitHub writes it: words and "phrases" that must all occur, and `name:value` qualifiers. */
export interface SearchQuery {
  readonly terms: readonly string[];
  readonly qualifiers: ReadonlyMap<string, string>;
}

export function parseSearchQuery(text: string): SearchQuery {
  const terms: string[] = [];
  const qualifiers = new Map<string, string>();
  for (const [, name, value, quoted, word] of text.matchAll(/([a-z]+):("[^"]*"|\S+)|"([^"]*)"|(\S+)/gi)) {
    if (name !== undefined && value !== undefined)
      qualifiers.set(name.toLowerCase(), value.replaceAll('"', '').toLowerCase());
    else terms.push((quoted ?? word ?? '').toLowerCase());
  }
  return { terms: terms.filter((term) => term !== ''), qualifiers };
}

/** How often the terms occur; 0 when one of them does not. */
export function scoreText(terms: readonly string[], text: string): number {
  const haystack = text.toLowerCase();
  const counts = terms.map((term) => haystack.split(term).length - 1);
  if (counts.includes(0)) return 0;
  return 1 + counts.reduce((sum, count) => sum + count, 0);
}
