import { readFileSync } from 'node:fs';
import { Dialect, parse } from '@polyglot-sql/sdk';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const asset = (name: string) => readFileSync(new URL(`../../infra/databricks/${name}`, import.meta.url), 'utf8');

const named = z.strictObject({ name: z.string(), expression: z.string() });
const query = z.strictObject({
  name: z.literal('main_query'),
  query: z.strictObject({ datasetName: z.string(), fields: z.array(named).min(1), disaggregated: z.boolean() }),
});
const encoding = z.looseObject({ fieldName: z.string(), displayName: z.string() });
const spec = z.strictObject({
  version: z.number(),
  widgetType: z.enum(['counter', 'table', 'bar', 'line', 'area', 'pie']),
  encodings: z.record(z.string(), z.union([encoding, z.array(encoding)])),
  frame: z.strictObject({ showTitle: z.literal(true), title: z.string().min(1) }),
});
const widgetName = z.string().regex(/^[\w-]{1,60}$/);
const widget = z.union([
  z.strictObject({ name: widgetName, queries: z.tuple([query]), spec }),
  z.strictObject({ name: widgetName, multilineTextboxSpec: z.strictObject({ lines: z.array(z.string()).min(1) }) }),
]);
const whole = z.int().min(0);
const position = z.strictObject({ x: whole, y: whole, width: whole.min(1), height: whole.min(1) });
const dashboard = z.strictObject({
  datasets: z.array(z.strictObject({ name: z.string(), displayName: z.string(), queryLines: z.array(z.string()) })),
  pages: z.array(
    z.strictObject({
      name: widgetName,
      displayName: z.string(),
      pageType: z.literal('PAGE_TYPE_CANVAS'),
      layoutVersion: z.literal('GRID_V1'),
      layout: z.array(z.strictObject({ widget, position })).min(1),
    }),
  ),
});

/** The versions that each kind of widget was seen with. */
const VERSIONS: Readonly<Record<string, number>> = { counter: 2, table: 2, bar: 3, line: 3, area: 3, pie: 3 };

const read = dashboard.parse(JSON.parse(asset('causeway.lvdash.json')));
const widgets = read.pages.flatMap(({ layout }) => layout.map((one) => one.widget));
const charts = widgets.filter((one) => 'spec' in one);

/** Columns of the trail as the policy shows them: the names in the view of the printed governance. */
const VIEW_COLUMNS = new Set(
  /VIEW `audit`\.`tool_calls` AS\nSELECT\n([\s\S]*?)\nFROM/.exec(asset('governance.sql'))?.[1]?.match(/\w+/g) ?? [],
);

function treeOf(statement: string): unknown {
  const { success, ast, error } = parse(statement, Dialect.Databricks);
  if (!success || !Array.isArray(ast) || ast.length !== 1) throw new Error(`${error}\n${statement}`);
  return ast[0];
}

/** The names of all columns that a tree reads. */
function columnsIn(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([kind, node]: [string, unknown]) =>
    kind === 'column' && typeof node === 'object'
      ? [z.object({ name: z.object({ name: z.string() }) }).parse(node).name.name]
      : columnsIn(node),
  );
}

/** What the SELECT list of a dataset gives. */
function outputOf(lines: readonly string[]): string[] {
  const { select } = z
    .object({ select: z.object({ expressions: z.array(z.looseObject({})) }) })
    .parse(treeOf(lines.join('')));
  return select.expressions.map((item) => {
    const { alias, column } = z
      .object({
        alias: z.object({ alias: z.object({ name: z.string() }) }).optional(),
        column: z.object({ name: z.object({ name: z.string() }) }).optional(),
      })
      .parse(item);
    return alias?.alias.name ?? column?.name.name ?? 'no name';
  });
}

const outputs = new Map(read.datasets.map(({ name, queryLines }) => [name, outputOf(queryLines)]));

describe('the dashboard', () => {
  test('has its four pages', () => {
    expect(read.pages.map(({ displayName }) => displayName)).toEqual([
      'Overview',
      'Access Control',
      'Performance',
      'Identity & Audit',
    ]);
  });

  test('asks in Databricks SQL for columns that the governed view has, and for nothing else', () => {
    expect(VIEW_COLUMNS.size).toBe(31);
    for (const { name, queryLines } of read.datasets) {
      const text = queryLines.join('');
      expect(text.match(/\bFROM\s+(\S+)/g), name).toEqual(['FROM main.audit.tool_calls']);
      // ORDER BY may name what the list itself makes.
      const own = [...text.matchAll(/ AS (\w+)/g)].map(([, alias]) => alias ?? '');
      expect(
        columnsIn(treeOf(text)).filter((column) => !VIEW_COLUMNS.has(column) && !own.includes(column)),
        name,
      ).toEqual([]);
    }
  });

  test('shows in each widget what its dataset gives, by the name of the field', () => {
    for (const { name, queries, spec: shown } of charts) {
      const { datasetName, fields } = queries[0].query;
      const columns = fields.flatMap(({ expression }) => columnsIn(treeOf(`SELECT ${expression} FROM x`)));
      expect(
        columns.filter((column) => !outputs.get(datasetName)?.includes(column)),
        name,
      ).toEqual([]);
      const encoded = Object.values(shown.encodings)
        .flat()
        .map(({ fieldName }) => fieldName);
      expect(encoded.toSorted(), name).toEqual(fields.map((field) => field.name).toSorted());
      expect(shown.version, name).toBe(VERSIONS[shown.widgetType]);
    }
  });

  test('gives each widget a name and a place of its own in the grid of twelve', () => {
    expect(new Set(widgets.map(({ name }) => name)).size).toBe(widgets.length);
    for (const { displayName, layout } of read.pages) {
      const cells = layout.flatMap(({ position: { x, y, width, height } }) =>
        Array.from({ length: width * height }, (_, n) => `${x + (n % width)},${y + Math.floor(n / width)}`),
      );
      expect(new Set(cells).size, displayName).toBe(cells.length);
      expect(
        layout.filter(({ position: { x, width } }) => x + width > 12),
        displayName,
      ).toEqual([]);
    }
  });

  test('has no dataset that nobody looks at', () => {
    const used = new Set(charts.map(({ queries }) => queries[0].query.datasetName));
    expect(read.datasets.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('audit.sql', () => {
  const statements = asset('audit.sql')
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .split(';\n')
    .map((statement) => statement.trim())
    .filter(Boolean);

  test('is Databricks SQL, or the exact form of a grant that the parser does not know', () => {
    for (const statement of statements) {
      if (/^GRANT USE CATALOG ON CATALOG `main` TO `\w+`$/.test(statement)) continue;
      expect(Object.keys(treeOf(statement) as object)[0], statement).toMatch(/^(create_schema|create_table|grant)$/);
    }
  });

  test('lets the worker add to the trail and read it, and the reader read', () => {
    const rights = statements.flatMap(
      (one) => /^GRANT (SELECT|MODIFY) ON TABLE (\S+) TO (\S+)$/.exec(one)?.slice(1, 4).join(' ') ?? [],
    );
    const modify = rights.filter((right) => right.startsWith('MODIFY'));
    expect(modify).toEqual([
      'MODIFY `main`.`audit_base`.tool_calls `AUDIT_WORKER_APPLICATION_ID`',
      'MODIFY `main`.`audit_base`.dead_letters `AUDIT_WORKER_APPLICATION_ID`',
    ]);
    expect(rights.filter((right) => right.endsWith('`AUDIT_READER`'))).toHaveLength(4);
  });

  test('makes the table that sees two batches at once as a conflict, and that nobody deletes from by a slip', () => {
    const table = statements.find((one) => one.includes('audit_base`.tool_calls (')) ?? '';
    for (const property of [
      `'delta.appendOnly' = 'true'`,
      `'delta.isolationLevel' = 'Serializable'`,
      `'delta.enableDeletionVectors' = 'false'`,
      'PARTITIONED BY (month)',
    ]) {
      expect(table).toContain(property);
    }
    expect(table).not.toContain('CLUSTER BY');
  });
});
