import type { GroupDecision } from './decision-table.ts';
import {
  isKind,
  parseStatement,
  part,
  parts,
  type SqlDialectName,
  type SqlTree,
  word,
  writeExpression,
} from './sql-tree.ts';

export interface PrintedGovernance {
  readonly dialect: SqlDialectName;
  readonly statements: readonly string[];
  /** The columns to decide about, of each relation: a table's own are in no statement. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
}

/** Who sees what, read from the printed SQL alone. It is parsed, and each shape that is not known is an error. */
export function printedDecisions(printed: PrintedGovernance): readonly GroupDecision[] {
  const statements = printed.statements.map(inOneWord);
  const read = { ...printed, statements };
  const granted = new Set(statements.flatMap(selectGrant));
  return Object.entries(printed.columns).flatMap(([relation, columns]) => {
    const { where, masks } = viewOf(read, relation) ?? filterOf(read, relation);
    return branches(where)
      .filter(({ group }) => granted.has(`${relation} ${group}`))
      .map(({ group, rows }) => ({
        relation,
        group,
        rows,
        columns: Object.fromEntries(
          columns.map((column) => [column, masks.get(column)?.has(group) === false ? 'masked' : 'visible'] as const),
        ),
      }));
  });
}

/** A row rule of the policy's own words, in the form in which `printedDecisions` gives it. */
export function normalRule(rule: string): string {
  if (rule === 'all') return rule;
  return writeExpression(parts(parseStatement(`SELECT ${rule}`, 'postgresql'), 'select', 'expressions')[0]);
}

interface Governed {
  readonly where: unknown;
  /** Masked column → groups that see it. */
  readonly masks: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Each dialect asks for membership and for the e-mail in its own words: from here on both have the same. */
function inOneWord(statement: string): string {
  return statement
    .replaceAll(/\(SELECT causeway\.is_member\(('[^']*')\)\)/g, 'is_account_group_member($1)')
    .replaceAll('(SELECT causeway.current_email())', 'caller.email')
    .replaceAll("(CASE WHEN current_user() LIKE '%@%' THEN current_user() END)", 'caller.email');
}

const bare = (text: string) => text.replaceAll(/["`]/g, '');

function selectGrant(statement: string): string[] {
  const [, relation = '', group = ''] = /^GRANT SELECT ON (?:TABLE|VIEW) (\S+) TO (\S+)$/.exec(statement) ?? [];
  return relation === '' ? [] : [`${bare(relation)} ${bare(group)}`];
}

const VIEW = /^CREATE (?:OR REPLACE )?VIEW (\S+) (?:WITH \(security_barrier = \w+\) )?AS\n([\s\S]+)$/;

function viewOf({ statements, dialect }: PrintedGovernance, relation: string): Governed | undefined {
  const views = statements
    .map((statement) => VIEW.exec(statement))
    .filter((found) => bare(found?.[1] ?? '') === relation);
  const [view] = views;
  if (view == null) return undefined;
  if (views.length > 1) throw new Error(`${relation} is two views`);
  const select = part(parseStatement(view[2] ?? '', dialect), 'select');
  const masks = parts(select, 'expressions')
    .filter((item) => isKind(item, 'alias'))
    .map((item): [string, ReadonlySet<string>] => {
      const column = word(item, 'alias', 'alias', 'name');
      return [column, seersOf(part(item, 'alias', 'this'), column)];
    });
  return { where: part(select, 'where_clause', 'this'), masks: new Map(masks) };
}

const FILTER = /^ALTER TABLE (\S+) SET ROW FILTER (\S+) ON \(([^)]*)\)$/;
const MASK = /^ALTER TABLE (\S+) ALTER COLUMN (\S+) SET MASK (\S+)$/;

function filterOf({ statements, dialect }: PrintedGovernance, relation: string): Governed {
  const functions = new Map(
    statements
      .filter((one) => one.startsWith('CREATE OR REPLACE FUNCTION'))
      .map((one) => functionOf(parseStatement(one, dialect))),
  );
  const of = (pattern: RegExp) =>
    statements.map((one) => pattern.exec(one)?.map(bare) ?? []).filter(([, table]) => table === relation);
  const [filter, ...more] = of(FILTER);
  if (filter === undefined || more.length > 0) throw new Error(`${relation} has not one row filter`);
  const [, , name = '', columns = ''] = filter;
  const found = functions.get(name);
  if (found === undefined || found.parameters.join(', ') !== columns) throw new Error(`${name} takes other columns`);
  const masks = of(MASK).map(([, , column = '', mask = '']): [string, ReadonlySet<string>] => [
    column,
    seersOf(functions.get(mask)?.body, 'value'),
  ]);
  return { where: found.body, masks: new Map(masks) };
}

function functionOf(tree: SqlTree): [string, { parameters: readonly string[]; body: unknown }] {
  const made = part(tree, 'create_function');
  const name = `${word(made, 'name', 'schema', 'name')}.${word(made, 'name', 'name', 'name')}`;
  const parameters = parts(made, 'parameters').map((parameter) => word(parameter, 'name', 'name'));
  return [name, { parameters, body: part(made, 'body', 'Return') }];
}

/** The groups of `CASE WHEN members THEN column END`, and of no other expression. */
function seersOf(mask: unknown, column: string): ReadonlySet<string> {
  const [[when, shown] = [], ...more] = parts(mask, 'case', 'whens') as unknown[][];
  const isMask =
    more.length === 0 && part(mask, 'case', 'else_') == null && word(shown, 'column', 'name', 'name') === column;
  const seers = branches(when);
  if (!isMask || seers.some(({ rows }) => rows !== 'all')) throw new Error(`a mask of another shape on ${column}`);
  return new Set(seers.map(({ group }) => group));
}

interface Branch {
  readonly group: string;
  readonly rows: string;
}

function branches(expression: unknown): readonly Branch[] {
  if (isKind(expression, 'or')) {
    return [...branches(part(expression, 'or', 'left')), ...branches(part(expression, 'or', 'right'))];
  }
  if (isKind(expression, 'boolean') && part(expression, 'boolean', 'value') === false) return [];
  const inside = unwrapped(expression);
  if (!isKind(inside, 'and')) return [{ group: memberOf(inside), rows: 'all' }];
  return [
    { group: memberOf(part(inside, 'and', 'left')), rows: writeExpression(unwrapped(part(inside, 'and', 'right'))) },
  ];
}

function memberOf(expression: unknown): string {
  const [argument, ...more] = parts(expression, 'function', 'args');
  const name = word(expression, 'function', 'name');
  if (name !== 'is_account_group_member' || more.length > 0) throw new Error(`${name}() decides`);
  return word(argument, 'literal', 'value');
}

const unwrapped = (expression: unknown): unknown =>
  isKind(expression, 'paren') ? part(expression, 'paren', 'this') : expression;
