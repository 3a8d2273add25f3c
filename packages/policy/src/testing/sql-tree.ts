import { Dialect, generate, parse } from '@polyglot-sql/sdk';

export type SqlDialectName = 'databricks' | 'postgresql';
/** A node of the parser's tree: an object whose one key says what it is. */
export type SqlTree = Readonly<Record<string, unknown>>;

const DIALECTS = { databricks: Dialect.Databricks, postgresql: Dialect.PostgreSQL };

/** The tree of exactly one statement. */
export function parseStatement(statement: string, dialect: SqlDialectName): SqlTree {
  const { success, ast, error } = parse(statement, DIALECTS[dialect]);
  const statements: readonly unknown[] = Array.isArray(ast) ? ast : [];
  if (!success || statements.length !== 1) throw new Error(`not one statement: ${error ?? ''}\n${statement}`);
  return statements[0] as SqlTree;
}

/** The same expression of either dialect is the same text. */
export function writeExpression(expression: unknown): string {
  const select = structuredClone(parseStatement('SELECT 1', 'postgresql')) as { select: { expressions: unknown[] } };
  select.select.expressions = [expression];
  const [text] = generate([select], Dialect.PostgreSQL).sql ?? [];
  if (text === undefined) throw new Error('an expression that cannot be written');
  return text
    .replace(/^SELECT /, '')
    .replaceAll('"', '')
    .replaceAll('CURRENT_DATE()', 'CURRENT_DATE');
}

/** What is found by following the keys. It must be there. */
export function part(node: unknown, ...keys: readonly string[]): unknown {
  let found = node;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) {
      throw new Error(`no ${keys.join('.')} in ${JSON.stringify(node).slice(0, 200)}`);
    }
    found = (found as SqlTree)[key];
  }
  return found;
}

export const parts = (node: unknown, ...keys: readonly string[]): readonly unknown[] =>
  part(node, ...keys) as unknown[];
export const word = (node: unknown, ...keys: readonly string[]): string => String(part(node, ...keys));
export const isKind = (node: unknown, kind: string): boolean =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, kind);
