import pg from 'pg';
import type { SqlDialect } from '../platform.ts';

export const postgresDialect: SqlDialect = {
  identifier: pg.escapeIdentifier,
  relation: (name) => name.split('.').map(pg.escapeIdentifier).join('.'),
};
