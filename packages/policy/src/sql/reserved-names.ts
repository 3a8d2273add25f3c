import { fitsName } from './role-names.ts';

/** What the governed view calls the table: as a column's name it would mean the whole row. */
export const ROW_ALIAS = 'governed_row';

/** A row's hidden columns, which say where and when it was written. A quoted `"ctid"` is the same column. */
const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];

/** The one governed view in a schema of Causeway's own, and the table behind it, which `causeway db apply` makes whatever the policy says. */
const AUDIT_VIEW = 'audit.tool_calls';
const AUDIT_TABLE = 'audit_base.tool_calls';

const SCHEMAS = ['causeway', 'audit', 'public', 'information_schema'];

/** A name that can only be a column that the table was given: not a hidden one, not the row itself. */
export function isRowColumn(name: string): boolean {
  return !SYSTEM_COLUMNS.includes(name) && name !== ROW_ALIAS && /^\P{C}+$/u.test(name) && fitsName(name);
}

/** Why a governed view cannot be called this. */
export function viewRefusal(view: string): string | undefined {
  const schema = schemaOf(view);
  const isReserved = SCHEMAS.includes(schema) || schema.startsWith('pg_');
  return isReserved && view !== AUDIT_VIEW ? `the schema ${schema} is not for governed views` : undefined;
}

/** Why the governed view cannot stand over this table. Without `from` it is one that Causeway makes. */
export function tableRefusal(view: string, from: string | undefined): string | undefined {
  if (view === AUDIT_VIEW) return from === AUDIT_TABLE ? undefined : `is the audit trail: say \`from: ${AUDIT_TABLE}\``;
  const schema = schemaOf(from ?? '');
  const isReserved = schema === 'causeway' || schema === 'information_schema' || schema.startsWith('pg_');
  return isReserved ? `what is in the schema ${schema} is not to be shown` : undefined;
}

const schemaOf = (relation: string) => relation.slice(0, relation.indexOf('.'));
