import { hasSqlDetails, loadModule, type Node, type ParseResult, parseSync } from 'libpg-query';
import { checkTokens } from './check-tokens.ts';
import { onlyKeys } from './parse-tree.ts';
import type { Predicate } from './predicate.ts';
import { PredicateRefusal } from './predicate-refusal.ts';
import { readPredicate } from './read-predicate.ts';

export type PredicateCheck =
  | { readonly ok: true; readonly predicate: Predicate }
  /** `character` counts from 1. Absent: the rule as a whole. */
  | { readonly ok: false; readonly reason: string; readonly character?: number };

/** The condition stands where nothing but one condition can stand: no list, no alias, no other clause without a trace. */
const PREFIX = 'SELECT 1 WHERE ';
const DEPTH_MAX = 40;

/** A row rule, read by Postgres's own grammar and kept only when every part of it is in our language. */
export async function checkPredicate(text: string): Promise<PredicateCheck> {
  await loadModule();
  try {
    const sql = PREFIX + text;
    checkTokens(sql);
    return { ok: true, predicate: readPredicate(parseCondition(sql), DEPTH_MAX) };
  } catch (refusal) {
    if (!(refusal instanceof PredicateRefusal)) throw refusal;
    const { message: reason, byte } = refusal;
    return { ok: false, reason, ...(byte === undefined ? {} : { character: characterAt(text, byte) }) };
  }
}

function parseCondition(sql: string): Node | undefined {
  const { stmts = [] } = parse(sql);
  const [statement] = stmts;
  if (statement?.stmt === undefined || stmts.length !== 1 || !('SelectStmt' in statement.stmt)) {
    throw new PredicateRefusal('several statements');
  }
  const select = statement.stmt.SelectStmt;
  onlyKeys(select, ['targetList', 'whereClause', 'limitOption', 'op'], 'something after the condition');
  return select.whereClause;
}

function parse(sql: string): ParseResult {
  try {
    return parseSync(sql);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    // The parser counts the bytes of nodes, and the characters of errors.
    const before = Array.from(sql).slice(0, error.sqlDetails?.cursorPosition).join('');
    throw new PredicateRefusal(error.message, Buffer.byteLength(before));
  }
}

function characterAt(text: string, byte: number): number {
  const before = Buffer.from(PREFIX + text).subarray(0, byte);
  return Math.max(1, Array.from(before.toString()).length - PREFIX.length + 1);
}
