import { MAIN_CHAIN, PostgresAuditTable } from '@causeway/audit';
import { Secret } from '@causeway/core';
import type { StartDriver } from '../src/bench-case.ts';
import { BATCH, createBatches } from './audit-records.ts';

/** The table alone: hashed and stored, no queue, no signature. */
export const startDriver: StartDriver = async ({ tableUrl = '' }) => {
  const table = new PostgresAuditTable({ url: new Secret(tableUrl), connectionsMax: 4, report: () => undefined });
  const batches = createBatches();
  return { call: async () => (await table.append(MAIN_CHAIN, batches.next(), [])).stored === BATCH };
};
