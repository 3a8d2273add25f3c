import { AppError } from '@causeway/core';
import { groupsOfRole } from '../groups.ts';
import { accessRules, type MaskRule, type RelationRules } from './access-rules.ts';
import { columnTypes } from './column-types.ts';
import type { EnginePolicy } from './compile-postgres.ts';
import { databricksConnections } from './databricks-connections.ts';
import { digestStatements } from './databricks-digest.ts';
import { databricksDialect, databricksIdentifier } from './dialects.ts';
import { allGroups } from './postgres-roles.ts';
import { usesCallerEmail } from './predicate.ts';
import { FUNCTION_TOOLS, toolGroups } from './tool-groups.ts';
import { databricksView } from './databricks-view.ts';
import { maskedValue, rowCondition } from './write-access.ts';

export interface DatabricksOptions {
  readonly catalog: string;
  /** Of the policy, for the gateway to ask for. Without it none is kept. */
  readonly digest?: string;
}

export interface DatabricksGovernance {
  readonly sections: readonly DatabricksSection[];
  /** Where the policy is not the same there as on Postgres, and what was not tried on a real workspace. */
  readonly warnings: readonly string[];
}

interface DatabricksSection {
  readonly title: string;
  readonly statements: readonly string[];
}

const id = databricksIdentifier;
const OWN_SCHEMA = 'causeway';

/**
 * What the policy means on Databricks: filters and masks on the tables themselves, a view over those that the policy puts behind one, and grants to
 * account groups.
 */
export async function compileDatabricks(
  policy: EnginePolicy,
  { catalog, digest }: DatabricksOptions,
): Promise<DatabricksGovernance> {
  const rules = await accessRules(policy);
  refuseGaps(rules);
  const groups = allGroups(policy);
  return {
    sections: [
      {
        title: 'where everything is',
        statements: [
          `USE CATALOG ${id(catalog)}`,
          `CREATE SCHEMA IF NOT EXISTS ${id(OWN_SCHEMA)}`,
          ...groups.map((group) => `GRANT USE CATALOG ON CATALOG ${id(catalog)} TO ${id(group)}`),
        ],
      },
      ...rules.map((relation) => (relation.base.ours ? tableSection(relation) : viewSection(relation))),
      ...FUNCTION_TOOLS.map((tool) => toolSection(policy, tool)),
      { title: 'connections', statements: databricksConnections(policy.connections) },
      ...(digest === undefined
        ? []
        : [{ title: 'which policy this is', statements: digestStatements(OWN_SCHEMA, digest, groups) }]),
    ],
    warnings: [...membershipNotes(policy), ...GUESSES, ...emailWarnings(rules), ...columnWarnings(rules)],
  };
}

function tableSection(rules: RelationRules): DatabricksSection {
  const { schema, relation, rows, masks } = rules;
  const table = `${id(schema)}.${id(relation)}`;
  const filter = `${id(schema)}.${id(filterName(rules))}`;
  const types = columnTypes(rules);
  const parameters = [...types].map(([column, type]) => `${id(column)} ${type ?? ''}`).join(', ');
  const columns = [...types.keys()].map(id).join(', ');
  return {
    title: `rows and columns of ${schema}.${relation}`,
    statements: [
      `CREATE OR REPLACE FUNCTION ${filter}(${parameters}) RETURNS BOOLEAN\nRETURN ${rowCondition(rows, databricksDialect)}`,
      `ALTER TABLE ${table} SET ROW FILTER ${filter} ON (${columns})`,
      ...masks.flatMap((mask) => maskStatements(rules, mask)),
      ...grants(rules, 'TABLE'),
    ],
  };
}

function viewSection(rules: RelationRules): DatabricksSection {
  const { schema, relation } = rules;
  return {
    title: `rows and columns of ${schema}.${relation}`,
    statements: [`CREATE SCHEMA IF NOT EXISTS ${id(schema)}`, databricksView(rules), ...grants(rules, 'VIEW')],
  };
}

function grants({ schema, relation, rows }: RelationRules, kind: 'TABLE' | 'VIEW'): readonly string[] {
  return rows.flatMap(({ group }) => [
    `GRANT USE SCHEMA ON SCHEMA ${id(schema)} TO ${id(group)}`,
    `GRANT SELECT ON ${kind} ${id(schema)}.${id(relation)} TO ${id(group)}`,
  ]);
}

function maskStatements(rules: RelationRules, mask: MaskRule): readonly string[] {
  const { schema, relation, types } = rules;
  const name = `${id(schema)}.${id(maskName(rules, mask))}`;
  const type = types[mask.column] ?? '';
  return [
    `CREATE OR REPLACE FUNCTION ${name}(${id('value')} ${type}) RETURNS ${type}\nRETURN ${maskedValue(mask, id('value'), databricksDialect)}`,
    `ALTER TABLE ${id(schema)}.${id(relation)} ALTER COLUMN ${id(mask.column)} SET MASK ${name}`,
  ];
}

const filterName = ({ relation }: RelationRules) => `causeway_rows_${relation}`;
const maskName = ({ relation }: RelationRules, { column }: MaskRule) => `causeway_mask_${relation}_${column}`;

function toolSection(policy: EnginePolicy, tool: (typeof FUNCTION_TOOLS)[number]): DatabricksSection {
  const name = `${id(OWN_SCHEMA)}.${id(tool)}`;
  return {
    title: `the tool ${tool}`,
    statements: [
      `CREATE OR REPLACE FUNCTION ${name}() RETURNS BOOLEAN\nRETURN true`,
      ...toolGroups(policy, tool).flatMap((group) => [
        `GRANT USE SCHEMA ON SCHEMA ${id(OWN_SCHEMA)} TO ${id(group)}`,
        `GRANT EXECUTE ON FUNCTION ${name} TO ${id(group)}`,
      ]),
    ],
  };
}

/** A type that is missing, or two functions of one name: the script would fail in the middle, with some tables open. */
function refuseGaps(all: readonly RelationRules[]): void {
  const rules = all.filter(({ base }) => base.ours);
  const untyped = rules.flatMap((relation) => {
    const filtered = [...columnTypes(relation)].filter(([, type]) => type === undefined).map(([column]) => column);
    const masked = relation.masks.map(({ column }) => column).filter((column) => relation.types[column] === undefined);
    const { schema, relation: name } = relation;
    return [...new Set([...filtered, ...masked])].map(
      (column) => `data.${schema}.${name}: \`types\` must give the type of ${column}`,
    );
  });
  const names = rules.flatMap((relation) =>
    [filterName(relation), ...relation.masks.map((mask) => maskName(relation, mask))].map((name) =>
      `${relation.schema}.${name}`.toLowerCase(),
    ),
  );
  const doubles = names.filter((name, index) => names.indexOf(name) < index).map((name) => `two functions are ${name}`);
  const problems = [...untyped, ...doubles];
  if (problems.length > 0)
    throw new AppError('config_invalid', `the policy has no Databricks SQL:\n${problems.join('\n')}`);
}

function membershipNotes(policy: EnginePolicy): readonly string[] {
  return Object.entries(policy.roles).map(
    ([role, { principal }]) =>
      `The service principal ${principal} must be in the account groups ${groupsOfRole(policy, role).join(', ')}: SQL cannot put it there.`,
  );
}

const GUESSES = [
  'The script makes and replaces; it revokes nothing. SHOW GRANTS says what an older policy left.',
  'Groups are account groups: Unity Catalog grants to no others, and is_account_group_member is true for no others.',
  'Under Genie, group functions were seen to answer for Genie and not for the person; rows and columns are then empty, not open.',
  'Written from the documentation, and run on no real workspace. Run it on an empty catalog first.',
];

function emailWarnings(rules: readonly RelationRules[]): readonly string[] {
  const relations = rules.filter(({ rows }) =>
    rows.some(({ predicate }) => predicate !== 'all' && usesCallerEmail(predicate)),
  );
  return relations.map(
    ({ schema, relation }) =>
      `The rows of ${schema}.${relation} use caller.email, which is current_user() of the platform's own people. People who come by federation share a service principal: it is NULL for them, and comparisons with it find no row.`,
  );
}

function columnWarnings(rules: readonly RelationRules[]): readonly string[] {
  const tables = rules.filter(({ base }) => base.ours);
  return tables.map(
    ({ schema, relation, columns }) =>
      `SELECT on ${schema}.${relation} shows every column of the table. On Postgres it shows only: ${columns.join(', ')}.`,
  );
}
