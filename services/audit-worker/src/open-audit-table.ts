import { type AuditTable, DeltaAuditTable, PostgresAuditTable } from '@causeway/audit';
import { AppError } from '@causeway/core';
import { openMachineSql } from '@causeway/platform';
import { databricksIdentifier } from '@causeway/policy';
import { isLoopbackHost, LOOPBACK_NETWORK } from '@causeway/runtime';
import type { WarehouseSettings } from './settings.ts';

/** The table that the trail is kept in: the one of `audit.sql`, or the one that `causeway db apply` made. */
export function openAuditTable(
  settings: WarehouseSettings,
  pool: Omit<ConstructorParameters<typeof PostgresAuditTable>[0], 'url'>,
): AuditTable {
  if (settings.platform === 'postgres') {
    return new PostgresAuditTable({ ...pool, url: present(settings.databaseUrl) });
  }
  const host = new URL(present(settings.databricksHost));
  const statements = openMachineSql({
    name: 'audit-worker',
    host: host.origin,
    network: settings.databricksNetwork ?? (isLoopbackHost(host.hostname) ? LOOPBACK_NETWORK : 'public'),
    warehouseId: present(settings.databricksWarehouseId),
    clientId: present(settings.databricksClientId),
    clientSecret: present(settings.databricksClientSecret),
  });
  const base = [settings.databricksCatalog, 'audit_base'].map(databricksIdentifier).join('.');
  return new DeltaAuditTable({ statements, base });
}

/** The settings are whole: that was checked when they were read. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new AppError('config_invalid', 'a setting of the warehouse is missing');
  return value;
}
