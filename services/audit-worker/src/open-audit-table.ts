import { type AuditTable, DeltaAuditTable, PostgresAuditTable } from '@causeway/audit';
import { AppError } from '@causeway/core';
import { openAuditWorkspace } from '@causeway/platform';
import type { WarehouseSettings } from './settings.ts';

/** The table that the trail is kept in: the one of `audit.sql`, or the one that `causeway db apply` made. */
export function openAuditTable(
  settings: WarehouseSettings,
  pool: Omit<ConstructorParameters<typeof PostgresAuditTable>[0], 'url'>,
): AuditTable {
  if (settings.platform === 'postgres') {
    const url = settings.databaseUrl;
    // That was checked when the settings were read.
    if (url === undefined) throw new AppError('config_invalid', 'AUDIT_DATABASE_URL is missing');
    return new PostgresAuditTable({ ...pool, url });
  }
  return new DeltaAuditTable(openAuditWorkspace('audit-worker', settings));
}
