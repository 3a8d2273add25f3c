import { AppError } from '@causeway/core';
import { exposedColumns } from '../exposed-columns.ts';
import type { Policy } from '../schema.ts';
import { checkPredicate } from './check-predicate.ts';
import { columnsOf, type Predicate } from './predicate.ts';
import { isRowColumn, tableRefusal, viewRefusal } from './reserved-names.ts';
import { fitsName } from './role-names.ts';

/** One governed relation, read: what both dialects are written from. */
export interface RelationRules {
  readonly schema: string;
  readonly relation: string;
  /** The table behind it, on Postgres. `ours`: Causeway creates it, so Causeway may lock it. */
  readonly base: { readonly schema: string; readonly relation: string; readonly ours: boolean };
  readonly columns: readonly string[];
  readonly rows: readonly RowRule[];
  readonly masks: readonly MaskRule[];
  /** Databricks types of columns, as far as the policy says. */
  readonly types: Readonly<Record<string, string | undefined>>;
}

export interface RowRule {
  readonly group: string;
  readonly predicate: Predicate | 'all';
}

export interface MaskRule {
  readonly column: string;
  readonly visibleTo: readonly string[];
}

export type PolicyData = Pick<Policy, 'data' | 'datasets'>;

/** Reads every row rule of the policy. Refuses the policy with everything that is wrong, not with the first thing. */
export async function accessRules(policy: PolicyData): Promise<readonly RelationRules[]> {
  const problems: string[] = [];
  const rules: RelationRules[] = [];
  for (const name of Object.keys(policy.data)) rules.push(await readRelation(policy, name, problems));
  const bases = new Set(rules.map(({ base }) => `${base.schema}.${base.relation}`));
  for (const { schema, relation } of rules) {
    if (bases.has(`${schema}.${relation}`))
      problems.push(`data.${schema}.${relation}: is also the table behind a relation`);
  }
  if (problems.length > 0) throw new AppError('config_invalid', `the policy has no SQL:\n${problems.join('\n')}`);
  return rules;
}

async function readRelation(policy: PolicyData, name: string, problems: string[]): Promise<RelationRules> {
  const governed = policy.data[name];
  if (governed === undefined) throw new AppError('internal', `the policy has no relation ${name}`);
  const { schema, relation } = splitName(name);
  // In order of names: the order of keys and sets in the document means nothing, and must not make another view.
  const entries = Object.entries(governed.rows).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const read = await Promise.all(entries.map(([group, rule]) => readRow(group, rule)));
  const rows = read.filter((row) => 'predicate' in row);
  const refused = read.filter((row) => 'problem' in row);
  const rules = {
    schema,
    relation,
    base: { ...splitName(governed.from ?? `${schema}_base.${relation}`), ours: governed.from === undefined },
    columns: exposedColumns(policy, name),
    rows,
    masks: Object.entries(governed.masks).map(([column, { visibleTo }]) => ({
      column,
      visibleTo: visibleTo.toSorted(),
    })),
    types: governed.types ?? {},
  };
  problems.push(...refused.map(({ group, problem }) => `data.${name}.rows.${group}: ${problem}`));
  problems.push(...relationProblems(rules).map((problem) => `data.${name}: ${problem}`));
  return rules;
}

function splitName(name: string): { readonly schema: string; readonly relation: string } {
  const [schema = '', relation = ''] = name.split('.');
  return { schema, relation };
}

async function readRow(
  group: string,
  rule: string,
): Promise<RowRule | { readonly group: string; readonly problem: string }> {
  if (rule === 'all') return { group, predicate: rule };
  const check = await checkPredicate(rule);
  if (check.ok) return { group, predicate: check.predicate };
  const { character, reason } = check;
  return { group, problem: character === undefined ? reason : `character ${character}: ${reason}` };
}

function relationProblems({ schema, relation, base, columns, masks }: RelationRules): readonly string[] {
  const view = `${schema}.${relation}`;
  const from = base.ours ? undefined : `${base.schema}.${base.relation}`;
  const problems = [viewRefusal(view), tableRefusal(view, from)].filter((problem) => problem !== undefined);
  if (!fitsName(base.schema)) problems.push(`the schema ${base.schema} has more than 63 bytes`);
  if (columns.length === 0) problems.push('shows no column: no dataset names one, and there is no `columns`');
  for (const column of columns) {
    if (!isRowColumn(column)) problems.push(`the column ${JSON.stringify(column)} is no column of a table`);
  }
  for (const { column } of masks) {
    if (!columns.includes(column)) problems.push(`masks ${JSON.stringify(column)}, which it does not show`);
  }
  return problems;
}

/** What the governed view reads of the table: what it shows, and what its row rules look at. */
export function columnsRead({ columns, rows }: RelationRules): readonly string[] {
  return [
    ...new Set([...columns, ...rows.flatMap(({ predicate }) => (predicate === 'all' ? [] : columnsOf(predicate)))]),
  ];
}
