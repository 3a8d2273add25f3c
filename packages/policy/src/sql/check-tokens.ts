import { type ScanToken, scanSync } from 'libpg-query';
import { PredicateRefusal } from './predicate-refusal.ts';

const LENGTH_MAX = 2100;
const TOKENS_MAX = 400;
const PARENTHESES_MAX = 32;
const IDENTIFIER_BYTES_MAX = 63;

/**
 * What the parse tree no longer shows, and what could exhaust the parser: a text that reads differently from what it means is
 * refused, even where the meaning would be harmless.
 */
export function checkTokens(sql: string): void {
  if (sql.length > LENGTH_MAX) throw new PredicateRefusal(`longer than ${LENGTH_MAX} characters`);
  // The parser takes a C string: it would not see what follows a NUL.
  const odd = /[^\P{C}\n\t\r]|[\u2028\u2029]/u.exec(sql);
  if (odd !== null) {
    throw new PredicateRefusal('a control, invisible or broken character', Buffer.byteLength(sql.slice(0, odd.index)));
  }
  const tokens = scan(sql);
  if (tokens.length > TOKENS_MAX) throw new PredicateRefusal(`more than ${TOKENS_MAX} words and signs`);
  let open = 0;
  for (const token of tokens) {
    const reason = tokenRefusal(token);
    if (reason !== undefined) throw new PredicateRefusal(reason, token.start);
    if (token.text === '(') open++;
    if (token.text === ')') open--;
    if (open > PARENTHESES_MAX) throw new PredicateRefusal(`nested more than ${PARENTHESES_MAX} deep`, token.start);
  }
}

function scan(sql: string): readonly ScanToken[] {
  try {
    return scanSync(sql).tokens;
  } catch (error) {
    // What the scanner has to say of a broken text is no JSON, and is read as such.
    if (error instanceof SyntaxError) throw new PredicateRefusal('a string, name or number that does not end well');
    throw error;
  }
}

function tokenRefusal({ text, tokenName }: ScanToken): string | undefined {
  if (tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT') return 'a comment';
  if (text === ';') return 'a semicolon: one condition, no statements';
  if (/^u&/i.test(text)) return 'a unicode escape';
  if (tokenName === 'SCONST') return stringRefusal(text);
  if (
    tokenName === 'IDENT' &&
    Buffer.byteLength(text.replaceAll(/^"|"$/g, '').replaceAll('""', '"')) > IDENTIFIER_BYTES_MAX
  ) {
    return `a name of more than ${IDENTIFIER_BYTES_MAX} bytes: Postgres would cut it`;
  }
  return undefined;
}

function stringRefusal(text: string): string | undefined {
  if (!/^'(?:[^']|'')*'$/.test(text)) return "a string that is not written '…' in one piece";
  // `\` escapes in a Databricks string and in a LIKE pattern, and is a plain character in a Postgres string.
  return text.includes('\\') ? 'a backslash: engines read it differently' : undefined;
}
