import type { A_Expr, BoolExpr, Node, NullTest } from 'libpg-query';
import { COMPARISONS, type Predicate, type Value } from './predicate.ts';
import { PredicateRefusal } from './predicate-refusal.ts';
import { nameOf, nodeLocation } from './parse-tree.ts';
import { readValue } from './read-value.ts';

/** A condition of the parse tree as one of ours. What has no place in ours is refused. */
export function readPredicate(node: Node | undefined, depth: number): Predicate {
  if (node === undefined) throw new PredicateRefusal('a part is missing');
  if ('BoolExpr' in node) return readBoolean(node.BoolExpr, depth);
  if ('A_Expr' in node) return readExpression(node.A_Expr, depth);
  if ('NullTest' in node) return readNullTest(node.NullTest, depth);
  return { kind: 'holds', value: readHolding(node, depth) };
}

/** A value that may stand alone as a condition: its type must be boolean, so that no engine has to convert it. */
function readHolding(node: Node, depth: number): Value {
  const value = readValue(node, depth);
  if (mayHold(value)) return value;
  throw new PredicateRefusal('a value where a condition belongs', nodeLocation(node));
}

function mayHold(value: Value): boolean {
  if (value.kind === 'call') return value.function === 'coalesce' && value.args.every(mayHold);
  return value.kind === 'column' || value.kind === 'boolean';
}

function readBoolean({ boolop, args = [], location }: BoolExpr, depth: number): Predicate {
  const of = args.map((arg) => readPredicate(arg, depth - 1));
  const [first] = of;
  if (boolop === 'NOT_EXPR' && first !== undefined && of.length === 1) return { kind: 'not', of: first };
  if (boolop === 'AND_EXPR' || boolop === 'OR_EXPR') {
    const kind = boolop === 'AND_EXPR' ? 'and' : 'or';
    return { kind, of: of.flatMap((part) => (part.kind === kind ? part.of : [part])) };
  }
  throw new PredicateRefusal('an unknown connective', location);
}

function readExpression(expression: A_Expr, depth: number): Predicate {
  const operator = operatorOf(expression);
  const known = readCompare(expression, operator, depth) ?? readMatch(expression, operator, depth);
  if (known !== undefined) return known;
  throw new PredicateRefusal('an operator other than = <> < <= > >= IN BETWEEN LIKE and IS NULL', expression.location);
}

function readCompare(
  { kind, lexpr, rexpr }: A_Expr,
  operator: string | undefined,
  depth: number,
): Predicate | undefined {
  const comparison = COMPARISONS.find((known) => known === operator);
  if (kind !== 'AEXPR_OP' || comparison === undefined) return undefined;
  const right = readValue(rexpr, depth - 1);
  return { kind: 'compare', operator: comparison, left: readValue(lexpr, depth - 1), right };
}

function readMatch({ kind, lexpr, rexpr }: A_Expr, operator: string | undefined, depth: number): Predicate | undefined {
  const value = () => readValue(lexpr, depth - 1);
  if (kind === 'AEXPR_IN') {
    return { kind: 'in', negated: operator === '<>', value: value(), list: listOf(rexpr, depth) };
  }
  if (kind === 'AEXPR_LIKE')
    return { kind: 'like', negated: operator === '!~~', value: value(), pattern: patternOf(rexpr) };
  if (kind !== 'AEXPR_BETWEEN' && kind !== 'AEXPR_NOT_BETWEEN') return undefined;
  const [low, high] = listOf(rexpr, depth);
  if (low === undefined || high === undefined) return undefined;
  return { kind: 'between', negated: kind === 'AEXPR_NOT_BETWEEN', value: value(), low, high };
}

/** `OPERATOR(schema.=)` has two names, and the operator of another schema does what its author likes. */
function operatorOf({ name = [], location }: A_Expr): string | undefined {
  const [only] = name;
  if (only === undefined || name.length !== 1) throw new PredicateRefusal('an operator of a schema', location);
  return nameOf(only);
}

function listOf(node: Node | undefined, depth: number): readonly Value[] {
  if (node === undefined || !('List' in node)) throw new PredicateRefusal('a list of values is missing');
  return (node.List.items ?? []).map((item) => readValue(item, depth - 1));
}

function patternOf(node: Node | undefined): string {
  const value = readValue(node, 1);
  if (value.kind === 'string') return value.text;
  throw new PredicateRefusal(
    'a LIKE pattern that is no literal string',
    node === undefined ? undefined : nodeLocation(node),
  );
}

function readNullTest({ arg, nulltesttype }: NullTest, depth: number): Predicate {
  return { kind: 'is-null', negated: nulltesttype === 'IS_NOT_NULL', value: readValue(arg, depth - 1) };
}
