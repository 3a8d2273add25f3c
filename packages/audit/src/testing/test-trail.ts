import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Secret } from '@causeway/core';
import pg from 'pg';
import { createEventIds } from '../record/event-id.ts';
import { type AuditRecord, toRecord } from '../record/record.ts';
import { auditFoundation } from '../warehouse/audit-schema.ts';
import { READER, WORKER } from '../warehouse/audit-names.ts';
import { PostgresAuditTable } from '../warehouse/audit-table.ts';
import { createHeadSigner, readHeadKeys } from '../warehouse/head.ts';
import { HeadsFile } from '../warehouse/heads-file.ts';
import { postgresTrailRows } from '../warehouse/trail-rows.ts';
import { verifyTrail, type VerifyReport } from '../warehouse/verify-trail.ts';
import { withReader } from '../warehouse/stored-row.ts';
import { toolCall } from './sample-events.ts';
import { newSigningKey } from './signing-key.ts';

/** A fresh database with the audit schema, and a worker's hands. */
export interface TestTrail {
  readonly adminUrl: string;
  readonly readerUrl: string;
  readonly workerUrl: string;
  readonly headsPath: string;
  readonly table: PostgresAuditTable;
  readonly heads: HeadsFile;
  readonly signerPem: string;
  /** As the administrator who may do anything. */
  admin(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Stores and anchors, as the worker does. */
  store(records: readonly AuditRecord[]): Promise<void>;
  verify(since?: Date): Promise<VerifyReport>;
  close(): Promise<void>;
}

let databases = 0;

export async function createTestTrail(server: string, dir: string): Promise<TestTrail> {
  const database = `trail_${process.pid}_${++databases}`;
  const urlOf = (user: string) => {
    const url = new URL(server);
    url.username = user;
    url.pathname = `/${database}`;
    return url.toString();
  };
  await run(server, [`CREATE DATABASE ${database}`]);
  const adminUrl = urlOf('postgres');
  await run(adminUrl, auditFoundation().statements);
  const signerPem = newSigningKey();
  const signer = await createHeadSigner(signerPem);
  const headsPath = join(dir, `${database}.jsonl`);
  const heads = new HeadsFile({ path: headsPath, signer });
  await heads.prepare();
  const workerUrl = urlOf(WORKER);
  const table = new PostgresAuditTable({ url: new Secret(workerUrl), connectionsMax: 4, report: () => undefined });
  const readerUrl = urlOf(READER);
  const keys = await readHeadKeys(JSON.stringify(signer.publicJwk));
  return {
    adminUrl,
    readerUrl,
    workerUrl,
    headsPath,
    table,
    heads,
    signerPem,
    admin: (text, values) => withReader(adminUrl, async (client) => (await client.query(text, values)).rows),
    store: async (records) => heads.anchor(await table.append('main', records, [])),
    verify: (since) =>
      withReader(readerUrl, (client) =>
        verifyTrail({ trail: postgresTrailRows(client), headsPath, keys, since, graceMs: 300 }),
      ),
    close: () => table.close(),
  };
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Makes the records of one producer, numbered from 1. */
export function createRecords(now: () => number = Date.now) {
  const producer = randomUUID();
  const nextId = createEventIds(now);
  let seq = 0;
  const one = (changes: Parameters<typeof toolCall>[0] = {}): AuditRecord =>
    toRecord(toolCall(changes), {
      eventId: nextId(),
      at: now(),
      service: 'mcp',
      producer,
      seq: ++seq,
      traceId: undefined,
    });
  return { producer, one, many: (count: number) => Array.from({ length: count }, () => one()) };
}
