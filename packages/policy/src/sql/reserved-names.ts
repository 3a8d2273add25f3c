import { fitsName } from './role-names.ts';

/** What the governed view calls the table: as a column's name it would mean the whole row. */
export const ROW_ALIAS = 'governed_row';

/** A row's hidden columns, which say where and when it was written. A quoted `"ctid"` is the same column. */
const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];

const SCHEMAS = ['causeway', 'audit', 'public', 'information_schema'];

/** A name that can only be a column that the table was given: not a hidden one, not the row itself. */
export function isRowColumn(name: string): boolean {
  return !SYSTEM_COLUMNS.includes(name) && name !== ROW_ALIAS && /^\P{C}+$/u.test(name) && fitsName(name);
}

/** A schema that is the server's, everybody's, or Causeway's own. */
export function isReservedSchema(schema: string): boolean {
  return SCHEMAS.includes(schema) || schema.startsWith('pg_');
}
