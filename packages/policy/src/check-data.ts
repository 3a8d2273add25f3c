import { didYouMean } from './did-you-mean.ts';
import { exposedColumns } from './exposed-columns.ts';
import { own } from './own.ts';
import { AT_KEY, KEY_WARNING, noSuch, type PolicyCheck, type ReportOptions, WARNING } from './policy-check.ts';
import type { PathSegment } from './problem.ts';
import type { Policy } from './schema.ts';
import { isRowColumn, tableRefusal, viewRefusal } from './sql/reserved-names.ts';
import { TOOL_DATASETS } from './tools.ts';

/** Datasets, relations, rows, columns and masks: what tools read is governed, and what is governed is shown on purpose. */
export function checkData(check: PolicyCheck): void {
  for (const [name, dataset] of Object.entries(check.draft.datasets)) checkDataset(check, name, dataset);
  for (const relation of Object.keys(check.draft.data)) {
    checkNames(check, relation);
    checkColumns(check, relation);
    checkMasks(check, relation);
    checkRows(check, relation);
    checkBase(check, relation);
  }
}

function checkDataset({ draft, names, report }: PolicyCheck, name: string, dataset: Policy['datasets'][string]): void {
  const known = new Set(Object.values(TOOL_DATASETS).map((needs) => needs.dataset));
  if (!known.has(name)) report(['datasets', name], noSuch('tool that reads the dataset', name, known), KEY_WARNING);
  if (!names.relations.has(dataset.relation)) {
    report(
      ['datasets', name, 'relation'],
      `${noSuch('relation', dataset.relation, names.relations)} Add it to \`data\``,
    );
  }
  const shown = own(draft.data, dataset.relation)?.columns;
  for (const [field, column] of Object.entries(dataset.columns)) {
    if (shown === undefined || shown.includes(column)) continue;
    const hint = noSuch('column', column, new Set(shown));
    report(['datasets', name, 'columns', field], `${hint} \`columns\` of ${dataset.relation} does not show it`);
  }
}

/** What no table can have behind a name, said where the name is. */
function checkNames({ draft, report }: PolicyCheck, relation: string): void {
  const { from, columns = [], masks } = draft.data[relation] ?? { masks: {} };
  const view = viewRefusal(relation);
  const table = tableRefusal(relation, from);
  if (view !== undefined) report(['data', relation], view, AT_KEY);
  else if (table !== undefined) report(['data', relation, ...(from === undefined ? [] : ['from'])], table, AT_KEY);
  const odd = (path: readonly PathSegment[], column: string, options?: ReportOptions) => {
    if (!isRowColumn(column)) report(path, `${JSON.stringify(column)} is no column of a table`, options);
  };
  columns.forEach((column, index) => odd(['data', relation, 'columns', index], column));
  for (const column of Object.keys(masks)) odd(['data', relation, 'masks', column], column, AT_KEY);
  if (columns.length > 0) return;
  for (const [name, dataset] of datasetsOf(draft, relation)) {
    for (const [field, column] of Object.entries(dataset.columns)) odd(['datasets', name, 'columns', field], column);
  }
}

function datasetsOf({ datasets }: PolicyCheck['draft'], relation: string) {
  return Object.entries(datasets).filter(([, dataset]) => dataset.relation === relation);
}

function checkColumns({ draft, report }: PolicyCheck, relation: string): void {
  const columns = draft.data[relation]?.columns;
  if (exposedColumns(draft, relation).length === 0) {
    report(['data', relation], 'shows no column: set `columns`, or name it in a dataset', AT_KEY);
  }
  columns?.forEach((column, index) => {
    if (columns.indexOf(column) < index)
      report(['data', relation, 'columns', index], `"${column}" is here twice: remove one`);
  });
}

function checkMasks({ draft, report }: PolicyCheck, relation: string): void {
  const { columns, masks } = draft.data[relation] ?? { masks: {} };
  const named = new Set(datasetsOf(draft, relation).flatMap(([, dataset]) => Object.values(dataset.columns)));
  for (const column of Object.keys(masks)) {
    const path = ['data', relation, 'masks', column];
    if (columns === undefined && named.size > 0 && !named.has(column)) {
      const meant = didYouMean(column, named);
      report(path, `no dataset names this column: people see it because it is masked here.${meant}`, KEY_WARNING);
    }
    if (columns === undefined || columns.includes(column)) continue;
    const message = `${noSuch('column', column, new Set(columns))} \`columns\` does not show it, so there is nothing to mask`;
    report(path, message, AT_KEY);
  }
}

function checkRows({ draft, report }: PolicyCheck, relation: string): void {
  const { rows, masks } = draft.data[relation] ?? { rows: {}, masks: {} };
  if (Object.keys(rows).length === 0)
    report(['data', relation, 'rows'], 'nobody sees a row of this relation', KEY_WARNING);
  for (const [group, predicate] of Object.entries(rows)) {
    if (predicate.trim().toLowerCase() !== 'all' || predicate === 'all') continue;
    report(['data', relation, 'rows', group], 'must be written `all`, in lower case and without spaces');
  }
  for (const [column, { visibleTo }] of Object.entries(masks)) {
    if (visibleTo.length > 0) continue;
    report(['data', relation, 'masks', column], 'nobody reads the real value of this column', KEY_WARNING);
  }
}

/** The table behind a governed view is somewhere else, and nobody else shows it unnoticed. */
function checkBase({ draft, names, report }: PolicyCheck, relation: string): void {
  const base = baseOf(draft, relation);
  const isNamed = draft.data[relation]?.from !== undefined;
  const path = ['data', relation, ...(isNamed ? ['from'] : [])];
  if (base.indexOf('.') > NAME_MAX) {
    report(path, 'the name of its schema is too long for "_base" to be added: set `from`', AT_KEY);
  }
  if (base === relation) report(path, 'is the relation itself: the governed view and its table need two names');
  else if (names.relations.has(base)) report(path, `${base} is itself a governed relation: name the table behind it`);
  const relations = Object.keys(draft.data);
  const first = relations.find((other) => baseOf(draft, other) === base);
  if (first !== undefined && first !== relation) {
    report(path, `the relation ${first} shows the same table ${base}: check that both are meant`, WARNING);
  }
}

/** PostgreSQL cuts longer names. */
const NAME_MAX = 63;

function baseOf({ data }: PolicyCheck['draft'], relation: string): string {
  const [schema = '', table = ''] = relation.split('.');
  return data[relation]?.from ?? `${schema}_base.${table}`;
}
