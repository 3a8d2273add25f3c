export interface Translated {
  readonly text: string;
  /** The names behind `$1`, `$2`…, in this order. */
  readonly markers: readonly string[];
}

interface Token {
  readonly kind: 'comment' | 'string' | 'identifier' | 'marker' | 'space' | 'symbol';
  readonly text: string;
}

/** Databricks' lexical rules: backticks quote names, both other quotes quote strings, `:name` is a marker and `::` a cast. */
const LEXER = new RegExp(
  [
    String.raw`(?<comment>--[^\n]*|/\*[\s\S]*?\*/)`,
    String.raw`(?<string>'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*")`,
    String.raw`(?<identifier>\x60(?:[^\x60]|\x60\x60)*\x60|[A-Za-z_][\w$]*)`,
    String.raw`(?<space>\s+)`,
    String.raw`(?<symbol>::)`,
    String.raw`(?<marker>:[A-Za-z_]\w*)`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'y',
);

/** The few differences between the SQL that reaches a warehouse and the engine's. What is not known here is passed on as it is. */
export function translate(sql: string, { catalog }: { readonly catalog: string }): Translated {
  const tokens = withoutCatalog(tokensOf(sql), catalog);
  const markers: string[] = [];
  let text = '';
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (token.kind === 'marker') {
      text += numbered(token.text.slice(1), markers);
      continue;
    }
    const call = functionCall(tokens, index);
    text += call?.text ?? written(tokens, index);
    index += call?.skip ?? 0;
  }
  return { text, markers };
}

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (LEXER.lastIndex = 0; LEXER.lastIndex < sql.length;) {
    const found = LEXER.exec(sql);
    const [kind, text] = Object.entries(found?.groups ?? {}).find(([, part]) => part !== undefined) ?? [];
    if (kind === undefined || text === undefined) throw new Error('the lexer stopped');
    tokens.push({ kind: kind === 'other' ? 'symbol' : (kind as Token['kind']), text });
  }
  return tokens;
}

/** `catalog.schema.name` becomes `schema.name`: the engine's database is the catalog. */
function withoutCatalog(tokens: readonly Token[], catalog: string): Token[] {
  const kept: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const isFirst = tokens[index - 1]?.text !== '.';
    const path = [0, 2, 4].map((step) => tokens[index + step]?.kind);
    const dots = tokens[index + 1]?.text === '.' && tokens[index + 3]?.text === '.';
    const isPath = isFirst && dots && path.every((kind) => kind === 'identifier');
    if (isPath && nameOf(tokens[index] as Token) === catalog) index++;
    else kept.push(tokens[index] as Token);
  }
  return kept;
}

const nameOf = ({ text }: Token) => (text.startsWith('`') ? text.slice(1, -1).replaceAll('``', '`') : text);

function numbered(name: string, markers: string[]): string {
  const known = markers.indexOf(name);
  return `$${known === -1 ? markers.push(name) : known + 1}`;
}

const CURRENT_USER = /^(?:current_user|session_user|user)$/i;
const MEMBERSHIP = /^(?:is_member|is_account_group_member)$/i;

/** Functions that only Databricks has, where they are not somebody's own. */
function functionCall(tokens: readonly Token[], index: number): { text: string; skip: number } | undefined {
  const { kind, text } = tokens[index] as Token;
  if (kind !== 'identifier' || tokens[index - 1]?.text === '.' || tokens[index + 1]?.text !== '(') return undefined;
  if (MEMBERSHIP.test(text)) return { text: 'causeway.is_member', skip: 0 };
  if (CURRENT_USER.test(text) && tokens[index + 2]?.text === ')') return { text: 'current_user::text', skip: 2 };
  return undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  STRING: 'text',
  DOUBLE: 'float8',
  TINYINT: 'int2',
  TIMESTAMP: 'timestamptz',
};

function written(tokens: readonly Token[], index: number): string {
  const token = tokens[index] as Token;
  const { kind, text } = token;
  if (kind === 'string') return literal(text);
  if (kind !== 'identifier') return text;
  if (text.startsWith('`')) return `"${nameOf(token).replaceAll('"', '""')}"`;
  return isType(tokens, index) ? (TYPES[text.toUpperCase()] ?? text) : text;
}

/** After `::`, or in `CAST(… AS type)`. */
function isType(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(0, index).findLast(({ kind }) => kind !== 'space');
  const after = tokens.slice(index + 1).find(({ kind }) => kind !== 'space');
  return before?.text === '::' || (/^as$/i.test(before?.text ?? '') && after?.text === ')');
}

/** Databricks reads backslashes in both kinds of quotes; the engine reads them in none. */
function literal(text: string): string {
  const quote = text.charAt(0);
  const inner = text.slice(1, -1).replaceAll(quote + quote, quote);
  const value = inner.replaceAll(/\\([\s\S])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
  return `'${value.replaceAll("'", "''")}'`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b' };
