import type { A_Const, CoalesceExpr, ColumnRef, FuncCall, Node, TypeCast, TypeName } from 'libpg-query';
import { type PredicateFunction, TIME_TYPES, type TimeType, type Value } from './predicate.ts';
import { PredicateRefusal } from './predicate-refusal.ts';
import { nameOf, nodeLocation, onlyKeys, refuseNode } from './parse-tree.ts';
import { isRowColumn } from './reserved-names.ts';
import { isTime } from './is-time.ts';

const FUNCTIONS = new Map<string, PredicateFunction>([
  ['lower', 'lower'],
  ['upper', 'upper'],
]);

export function readValue(node: Node | undefined, depth: number): Value {
  if (node === undefined) throw new PredicateRefusal('a part is missing');
  if (depth <= 0) throw new PredicateRefusal('nested too deep', nodeLocation(node));
  if ('ColumnRef' in node) return readColumn(node.ColumnRef);
  if ('A_Const' in node) return readConstant(node.A_Const);
  if ('TypeCast' in node) return readTime(node.TypeCast);
  if ('FuncCall' in node) return readCall(node.FuncCall, depth);
  if ('CoalesceExpr' in node) return readCoalesce(node.CoalesceExpr, depth);
  if ('SQLValueFunction' in node && node.SQLValueFunction.op === 'SVFOP_CURRENT_DATE') return { kind: 'current-date' };
  return refuseNode(node);
}

function readColumn({ fields = [], location }: ColumnRef): Value {
  const names = fields.map((field) => nameOf(field));
  const [first, second] = names;
  if (first === undefined) throw new PredicateRefusal('a whole row (*)', location);
  if (names.length === 1) return { kind: 'column', name: checkColumn(first, location) };
  if (names.length === 2 && first === 'caller' && second === 'email') return { kind: 'caller-email' };
  if (first === 'caller') throw new PredicateRefusal('of the caller only caller.email is known', location);
  throw new PredicateRefusal("a qualified name: write the column's name alone", location);
}

function checkColumn(name: string, location: number | undefined): string {
  if (isRowColumn(name)) return name;
  throw new PredicateRefusal(`${JSON.stringify(name)}, which is no column of a table`, location);
}

function readConstant(constant: A_Const): Value {
  const { boolval, sval, isnull, location } = constant;
  if (isnull === true) return { kind: 'null' };
  // The tree leaves out what is empty, zero or false.
  if (sval !== undefined) return { kind: 'string', text: sval.sval ?? '' };
  if (boolval !== undefined) return { kind: 'boolean', value: boolval.boolval ?? false };
  const digits = digitsOf(constant);
  if (digits !== undefined && /^-?\d{1,40}(?:\.\d{1,40})?$/.test(digits)) return { kind: 'number', digits };
  throw new PredicateRefusal('a literal that is no plain string, number, true, false or null', location);
}

function digitsOf({ ival, fval }: A_Const): string | undefined {
  return ival === undefined ? fval?.fval : String(ival.ival ?? 0);
}

/** The only casts are `date '2026-01-31'` and its like, and only of text that means a point in time by itself. */
function readTime({ arg, typeName }: TypeCast): Value {
  const type = typeName === undefined ? undefined : timeType(typeName);
  const text = arg !== undefined && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
  if (type === undefined || text === undefined) {
    throw new PredicateRefusal("a cast, other than a literal such as date '2026-01-31'", typeName?.location);
  }
  if (!isTime(type, text))
    throw new PredicateRefusal(`a ${type} that is not written as in ISO 8601`, typeName?.location);
  return { kind: 'time', type, text };
}

function timeType(typeName: TypeName): TimeType | undefined {
  onlyKeys(typeName, ['names', 'typemod', 'location'], 'a type with a precision or an array');
  const names = (typeName.names ?? []).map((name) => nameOf(name));
  // The grammar itself writes pg_catalog where a type is spelled in several words.
  const name = names[0] === 'pg_catalog' ? names.slice(1).join('.') : names.join('.');
  return TIME_TYPES.find((known) => known === name);
}

function readCall(call: FuncCall, depth: number): Value {
  const { funcname = [], args = [], location } = call;
  onlyKeys(call, ['funcname', 'args', 'funcformat', 'location'], 'an aggregate, window or variadic call');
  const name = funcname.length === 1 && funcname[0] !== undefined ? nameOf(funcname[0]) : undefined;
  const known = name === undefined ? undefined : FUNCTIONS.get(name);
  if (known === undefined) {
    throw new PredicateRefusal('a function other than lower, upper, coalesce and current_date', location);
  }
  if (args.length !== 1) throw new PredicateRefusal(`${known} takes one value`, location);
  return { kind: 'call', function: known, args: args.map((arg) => readValue(arg, depth - 1)) };
}

function readCoalesce({ args = [] }: CoalesceExpr, depth: number): Value {
  return { kind: 'call', function: 'coalesce', args: args.map((arg) => readValue(arg, depth - 1)) };
}
