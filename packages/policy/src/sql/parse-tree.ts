import type { Node } from 'libpg-query';
import { PredicateRefusal } from './predicate-refusal.ts';

/** The text of a `String` node, which is how the tree holds names. */
export function nameOf(node: Node): string | undefined {
  return 'String' in node ? (node.String.sval ?? '') : undefined;
}

/** Where a node starts, in bytes. Some kinds do not say. */
export function nodeLocation(node: Node): number | undefined {
  const inner: unknown = Object.values(node)[0];
  const location: unknown =
    typeof inner === 'object' && inner !== null && 'location' in inner ? inner.location : undefined;
  return typeof location === 'number' && location >= 0 ? location : undefined;
}

/** A field that we do not read would be meaning that we lose: its mere presence refuses the node. */
export function onlyKeys(node: object, known: readonly string[], reason: string): void {
  if (Object.keys(node).every((key) => known.includes(key))) return;
  const location: unknown = 'location' in node ? node.location : undefined;
  throw new PredicateRefusal(reason, typeof location === 'number' ? location : undefined);
}

const REFUSED: Record<string, string> = {
  A_ArrayExpr: 'an array',
  A_Indirection: 'a field or an element of a value',
  A_Expr: 'an operator between values: a rule only compares',
  BoolExpr: 'a condition in the place of a value',
  BooleanTest: 'IS TRUE or its like: write the column or NOT the column',
  CaseExpr: 'CASE',
  CollateClause: 'a collation',
  CurrentOfExpr: 'a cursor',
  MinMaxExpr: 'a function other than lower, upper, coalesce and current_date',
  NullTest: 'a condition in the place of a value',
  ParamRef: 'a parameter',
  RowExpr: 'a row of values',
  SQLValueFunction: 'a function other than lower, upper, coalesce and current_date',
  SubLink: 'a subquery',
};

export function refuseNode(node: Node): never {
  const kind = Object.keys(node)[0] ?? '';
  const reason = Object.hasOwn(REFUSED, kind) ? REFUSED[kind] : undefined;
  throw new PredicateRefusal(reason ?? `${kind}, which the language of row rules does not have`, nodeLocation(node));
}
