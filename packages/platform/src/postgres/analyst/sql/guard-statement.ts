import { AppError } from '@causeway/core';
import { loadModule, parseSync } from 'libpg-query';
import type { SemanticModel } from '../model/semantic-model.ts';

/** Every kind of node that a statement of ours is made of. What is not here does not pass, whatever it may be. */
const NODES: ReadonlySet<string> = new Set([
  'A_Const',
  'A_Expr',
  'BoolExpr',
  'BooleanTest',
  'ColumnRef',
  'FuncCall',
  'List',
  'ParamRef',
  'RangeSubselect',
  'RangeVar',
  'ResTarget',
  'SelectStmt',
  'SortBy',
  'String',
  'TypeCast',
]);

const FUNCTIONS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'round',
  'date_trunc',
  'strpos',
  'lower',
]);
const OPERATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/']);
const TYPES: ReadonlySet<string> = new Set(['date', 'timestamp', 'numeric', 'interval', 'int8', 'text']);
/** Fields of a SELECT that would make it more than one. */
const MORE_THAN_ONE: readonly string[] = ['intoClause', 'withClause', 'lockingClause', 'larg', 'rarg', 'valuesLists'];

/**
 * Parses what we wrote with Postgres's own grammar, and refuses everything but one SELECT over the model's relations. The writer cannot
 * write anything else; this notices if that ever changes.
 */
export async function guardStatement(text: string, model: SemanticModel): Promise<void> {
  await loadModule();
  const reason = refusalOf(text, new Set(Object.values(model.relations).map(({ relation }) => relation)));
  if (reason !== undefined)
    throw new AppError('internal', `the analyst wrote a statement that it may not write: ${reason}`);
}

function refusalOf(text: string, relations: ReadonlySet<string>): string | undefined {
  const { stmts = [] } = parseSync(text);
  const [only] = stmts;
  if (stmts.length !== 1 || only?.stmt === undefined || !('SelectStmt' in only.stmt)) return 'it is not one SELECT';
  return refusedNode(only.stmt, relations);
}

function refusedNode(value: unknown, relations: ReadonlySet<string>): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const reason = refusedEntry(key, inner, relations) ?? refusedNode(inner, relations);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Kinds of nodes are written with a capital, their fields without. */
function refusedEntry(key: string, inner: unknown, relations: ReadonlySet<string>): string | undefined {
  if (MORE_THAN_ONE.includes(key)) return key;
  if (/^[A-Z]/.test(key) && !NODES.has(key)) return key;
  const holds = CHECKS[key]?.(inner, relations) ?? true;
  return holds ? undefined : `another ${key}`;
}

type Check = (inner: unknown, relations: ReadonlySet<string>) => boolean;

const CHECKS: Readonly<Record<string, Check | undefined>> = {
  typeName: (inner) => TYPES.has(namesIn(inner, 'names').at(-1) ?? ''),
  RangeVar: (inner, relations) => relations.has(relationName(inner)),
  FuncCall: (inner) => onlyName(inner, 'funcname', FUNCTIONS),
  A_Expr: (inner) => onlyName(inner, 'name', OPERATORS),
};

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

function namesIn(value: unknown, field: string): readonly string[] {
  const names = fieldsOf(value)[field];
  return Array.isArray(names) ? names.map((name) => String(fieldsOf(fieldsOf(name)['String'])['sval'])) : [];
}

function onlyName(value: unknown, field: string, allowed: ReadonlySet<string>): boolean {
  const names = namesIn(value, field);
  return names.length === 1 && allowed.has(names[0] ?? '');
}

function relationName(value: unknown): string {
  const { catalogname, schemaname, relname } = fieldsOf(value);
  return catalogname === undefined ? `${String(schemaname)}.${String(relname)}` : '';
}
