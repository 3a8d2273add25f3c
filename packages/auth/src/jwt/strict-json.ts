export type StrictJson =
  | { readonly ok: true; readonly members: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: 'malformed' | 'duplicate_member' };

/**
 * One JSON object whose names are unique at every level. RFC 7515 §4 and RFC 7519 §4 let a reader take the last of two equal
 * names; whoever signed it may have looked at the first.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parseJson(text);
  if (text === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'malformed' };
  }
  if (hasDuplicateName(text)) return { ok: false, reason: 'duplicate_member' };
  return { ok: true, members: value as Record<string, unknown> };
}

// A byte order mark is not JSON (RFC 8259 §8.1): it stays in the text, where the parser refuses it.
const UTF8 = { fatal: true, ignoreBOM: true };

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', UTF8).decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;

/** Only for text that the parser took: the pattern then finds every string, and a string before a colon is a name. */
function hasDuplicateName(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      // Read as the parser does: "\u0061ud" is the same name as "aud".
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
  }
  return false;
}
