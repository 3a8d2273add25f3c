import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { newSigningKey } from '../testing/signing-key.ts';
import { createRecords, createTestTrail, type TestTrail } from '../testing/test-trail.ts';
import { leafOf } from '../record/canonical.ts';
import type { AuditRecord } from '../record/record.ts';
import { createHeadSigner, type Head } from './head.ts';
import { HeadsFile } from './heads-file.ts';
import { readKeysBeside } from './read-heads.ts';
import { streamRows, withReader } from './stored-row.ts';
import { postgresTrailRows } from './trail-rows.ts';
import { verifyTrail } from './verify-trail.ts';

const isRecord = (record: AuditRecord | undefined): record is AuditRecord => record !== undefined;
const leafHex = (record: AuditRecord) => leafOf(record).toString('hex');

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

/** Ten batches of ten rows, and then somebody who owns the database. */
async function tamperedTrail(tamper: (trail: TestTrail) => Promise<unknown>) {
  const trail = await createTestTrail(server.url, temporaryFolder());
  try {
    const { many } = createRecords();
    for (let batch = 0; batch < 10; batch++) await trail.store(many(10));
    expect(await trail.verify()).toMatchObject({ ok: true, rows: 100, problems: [] });
    await tamper(trail);
    return await trail.verify();
  } finally {
    await trail.close();
  }
}

/** Whoever owns the database switches the second lock off first. */
const asOwner = (trail: TestTrail, text: string) =>
  trail.admin(`ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER; ${text}`);

/** The whole chain with fresh hashes, as the function computes them; the leaves stay unless \`edit\` changed what they are made of. */
const REHASH = `DO $$
DECLARE r record; previous bytea := decode(repeat('00', 32), 'hex');
BEGIN
  FOR r IN SELECT event_id, leaf FROM leaves ORDER BY n LOOP
    UPDATE audit_base.tool_calls SET prev_hash = previous, hash = sha256(previous || r.leaf), chain_seq = (SELECT n FROM leaves l WHERE l.event_id = r.event_id)
    WHERE event_id = r.event_id RETURNING hash INTO previous;
  END LOOP;
  UPDATE audit_base.chains SET hash = previous;
END $$`;

describe('verify names what was done to the trail', () => {
  test('an edited row', async () => {
    const report = await tamperedTrail((trail) =>
      asOwner(trail, `UPDATE audit_base.tool_calls SET human_email = 'nobody@northwind.example' WHERE chain_seq = 37`),
    );
    expect(report).toMatchObject({ ok: false, problems: [{ kind: 'altered', chainSeq: 37 }] });
  });

  test.each([
    ['occurred_at', `occurred_at + interval '1 ms'`],
    ['arguments', `'{"region":"EAST","limit":10}'`],
    // Read as JavaScript reads it, the number is the one that was stored.
    ['arguments', `'{"region":"WEST","limit":10.00000000000000000001}'`],
    ['masked_columns', `'{}'`],
    ['latency_ms', '12.500000001'],
    ['rows_returned', 'NULL'],
    ['producer_seq', 'producer_seq + 1000'],
    ['status', `'error'`],
  ])('an edit of %s alone', async (column, value) => {
    const report = await tamperedTrail((trail) =>
      asOwner(trail, `UPDATE audit_base.tool_calls SET ${column} = ${value} WHERE chain_seq = 5`),
    );
    expect(report.problems).toMatchObject([{ kind: 'altered', chainSeq: 5 }]);
  });

  test('a row of no chain at all', async () => {
    const report = await tamperedTrail((trail) =>
      asOwner(
        trail,
        `ALTER TABLE audit_base.tool_calls ALTER COLUMN chain DROP NOT NULL;
         INSERT INTO audit_base.tool_calls SELECT (jsonb_populate_record(t, '{"event_id":"${createRecords().one().event_id}","chain":null}')).*
         FROM audit_base.tool_calls t WHERE chain_seq = 1`,
      ),
    );
    expect(report).toMatchObject({ ok: false, problems: [{ chain: '' }] });
  });

  test('a deleted row', async () => {
    const report = await tamperedTrail((trail) =>
      asOwner(trail, 'DELETE FROM audit_base.tool_calls WHERE chain_seq = 42'),
    );
    expect(report).toMatchObject({
      ok: false,
      problems: [{ kind: 'missing', chainSeq: 42, text: 'row 42 is missing' }],
    });
  });

  test('the newest batch deleted, and the chain set back so that the next one fits', async () => {
    const report = await tamperedTrail((trail) =>
      asOwner(
        trail,
        `DELETE FROM audit_base.tool_calls WHERE chain_seq > 90;
         UPDATE audit_base.chains SET chain_seq = 90, hash = (SELECT hash FROM audit_base.tool_calls WHERE chain_seq = 90)`,
      ),
    );
    expect(report.problems).toMatchObject([{ kind: 'missing', chainSeq: 91, text: 'rows 91 to 100 are missing' }]);
  });

  test('the newest batch deleted, and other events stored in its place', async () => {
    const report = await tamperedTrail(async (trail) => {
      await asOwner(
        trail,
        `DELETE FROM audit_base.tool_calls WHERE chain_seq > 90;
         UPDATE audit_base.chains SET chain_seq = 90, hash = (SELECT hash FROM audit_base.tool_calls WHERE chain_seq = 90)`,
      );
      await trail.store(createRecords().many(10));
    });
    expect(report.problems).toMatchObject([{ kind: 'rewritten', chainSeq: 100 }]);
  });

  test('a row inserted beside another, whole in itself', async () => {
    const report = await tamperedTrail((trail) =>
      asOwner(
        trail,
        `INSERT INTO audit_base.tool_calls SELECT (jsonb_populate_record(t, '{"event_id":"${createRecords().one().event_id}"}')).*
         FROM audit_base.tool_calls t WHERE chain_seq = 50`,
      ),
    );
    expect(report.problems).toMatchObject([{ kind: 'inserted', chainSeq: 50 }]);
  });

  test('a row inserted between two, everything behind it moved by one', async () => {
    const report = await tamperedTrail(async (trail) => {
      const forged = createRecords().one();
      await trail.table.append('other', [forged], []);
      await asOwner(
        trail,
        `UPDATE audit_base.tool_calls SET chain_seq = chain_seq + 1 WHERE chain = 'main' AND chain_seq > 50;
         UPDATE audit_base.tool_calls t SET chain = 'main', chain_seq = 51, prev_hash = p.hash, hash = sha256(p.hash || l.leaf)
         FROM audit_base.tool_calls p, (SELECT decode('${leafHex(forged)}', 'hex') AS leaf) l
         WHERE t.event_id = '${forged.event_id}' AND p.chain = 'main' AND p.chain_seq = 50;
         DELETE FROM audit_base.chains WHERE chain = 'other'`,
      );
    });
    expect(report.problems).toMatchObject([{ kind: 'inserted', chainSeq: 51 }]);
  });

  test('two rows swapped', async () => {
    const report = await tamperedTrail((trail) =>
      asOwner(
        trail,
        `UPDATE audit_base.tool_calls SET chain_seq = CASE chain_seq WHEN 20 THEN 70 ELSE 20 END WHERE chain_seq IN (20, 70)`,
      ),
    );
    expect(report.problems).toMatchObject([{ kind: 'reordered', chainSeq: 20 }]);
  });

  test('a row altered and hashed anew', async () => {
    const report = await tamperedTrail(async (trail) => {
      await asOwner(trail, `UPDATE audit_base.tool_calls SET human_email = NULL WHERE chain_seq = 33`);
      const leaf = await leafOfRow(trail, 33);
      await asOwner(
        trail,
        `UPDATE audit_base.tool_calls SET hash = sha256(prev_hash || decode('${leaf}', 'hex')) WHERE chain_seq = 33`,
      );
    });
    expect(report.problems).toMatchObject([{ kind: 'broken', chainSeq: 34 }]);
  });

  test('the whole chain rewritten with fresh hashes', async () => {
    const report = await tamperedTrail(async (trail) => {
      await asOwner(trail, `UPDATE audit_base.tool_calls SET human_email = NULL WHERE chain_seq = 33`);
      await rehash(trail);
    });
    // The tenth row of the batch is the first that was signed for.
    expect(report.problems).toMatchObject([{ kind: 'rewritten', chainSeq: 40 }]);
  });

  test('a row in a chain of its own that no worker ever began', async () => {
    const report = await tamperedTrail(async (trail) => {
      await trail.table.append('ghost', createRecords().many(1), []);
      await asOwner(trail, `DELETE FROM audit_base.chains WHERE chain = 'ghost'`);
    });
    expect(report.problems).toMatchObject([{ kind: 'unsigned', chain: 'ghost', chainSeq: 1 }]);
  });

  test.each([0, -5])('a row with the number %i, before the first', async (seq) => {
    const report = await tamperedTrail((trail) =>
      asOwner(
        trail,
        `INSERT INTO audit_base.tool_calls SELECT (jsonb_populate_record(t, '{"event_id":"${createRecords().one().event_id}","chain_seq":${seq}}')).*
         FROM audit_base.tool_calls t WHERE chain_seq = 1`,
      ),
    );
    expect(report.problems).toMatchObject([{ kind: 'inserted', chain: 'main', chainSeq: seq }]);
  });

  test('rows appended as the worker does it, between two of its batches: the first is named, and what comes behind is still checked', async () => {
    const [first, second] = createRecords().many(2);
    const report = await tamperedTrail(async (trail) => {
      await trail.table.append('main', [first, second].filter(isRecord), []);
      await trail.store(createRecords().many(10));
      await asOwner(trail, `UPDATE audit_base.tool_calls SET human_email = NULL WHERE chain_seq = 110`);
    });
    expect(report).toMatchObject({
      ok: false,
      problems: [
        { kind: 'foreign', chainSeq: 101, eventId: first?.event_id, text: expect.stringContaining('rows 101 to 102') },
        { kind: 'altered', chainSeq: 110 },
      ],
    });
  });

  test('a row put at the end, whole in itself', async () => {
    const report = await tamperedTrail((trail) => trail.table.append('main', createRecords().many(2), []));
    expect(report.problems).toMatchObject([{ kind: 'unsigned', chainSeq: 101 }]);
  });
});

const NINETY = { chain: 'main', from: 1, prevHash: Buffer.alloc(32), chainSeq: 90, hash: Buffer.alloc(32) };

describe('verify does not believe heads that no worker signed', () => {
  test('a heads file that was written anew with another key', async () => {
    const report = await tamperedTrail(async (trail) => {
      const forger = await createHeadSigner(newSigningKey());
      await asOwner(trail, `DELETE FROM audit_base.tool_calls WHERE chain_seq > 90`);
      const [row] = await trail.admin('SELECT hash FROM audit_base.tool_calls WHERE chain_seq = 90');
      const line = await forger.signHead({ ...NINETY, hash: row?.['hash'] as Buffer }, new Date());
      await writeFile(trail.headsPath, `${line}\n`);
    });
    expect(report.problems).toMatchObject([
      { kind: 'heads', text: expect.stringContaining('no signature of a known key') },
      { kind: 'unsigned', chainSeq: 1 },
    ]);
  });

  test('rows taken away under a checkpoint that no worker signed', async () => {
    const report = await tamperedTrail(async (trail) => {
      const forger = await createHeadSigner(newSigningKey());
      const [row] = await trail.admin('SELECT hash FROM audit_base.tool_calls WHERE chain_seq = 20');
      const hash = Buffer.from(row?.['hash'] as Buffer).toString('hex');
      const retired = [{ first: 11, last: 20, hash }];
      const line = await forger.signCheckpoint({ chain: 'main', retired, months: [], at: new Date().toISOString() });
      await appendFile(trail.headsPath, `${line}\n`);
      await asOwner(trail, 'DELETE FROM audit_base.tool_calls WHERE chain_seq BETWEEN 11 AND 20');
    });
    expect(report.problems).toMatchObject([{ kind: 'missing', chainSeq: 11 }, { kind: 'heads' }]);
  });

  test('a line that is no head', async () => {
    const report = await tamperedTrail((trail) => appendFile(trail.headsPath, 'nonsense\n'));
    expect(report.problems).toMatchObject([{ kind: 'heads', text: '1 lines of the heads file cannot be read' }]);
  });

  test('rows at the end, and a head further on that nobody signed and that comes while verify waits', async () => {
    const trail = await createTestTrail(server.url, temporaryFolder());
    onTestFinished(() => trail.close());
    const { headsPath } = trail;
    const { many } = createRecords();
    await trail.store(many(100));
    await trail.table.append('main', many(2), []);
    const forger = await createHeadSigner(newSigningKey());
    const line = await forger.signHead({ ...NINETY, chainSeq: 999 }, new Date());
    const report = await withReader(trail.readerUrl, async (client) => {
      const stored = postgresTrailRows(client);
      const rows: typeof stored.rows = async function* (chain, after) {
        // The heads have been read by now.
        await appendFile(headsPath, `${line}\n`);
        yield* stored.rows(chain, after);
      };
      const keys = await readKeysBeside(headsPath);
      return verifyTrail({ trail: { ...stored, rows }, headsPath, keys, graceMs: 300 });
    });
    expect(report.problems).toMatchObject([{ kind: 'unsigned', chainSeq: 101 }]);
  });

  test('heads taken away: the rows behind the last one are not vouched for', async () => {
    const report = await tamperedTrail(async (trail) => {
      const lines = (await readFile(trail.headsPath, 'utf8')).trimEnd().split('\n');
      await writeFile(trail.headsPath, `${lines.slice(0, 5).join('\n')}\n`);
    });
    expect(report.problems).toMatchObject([{ kind: 'unsigned', chainSeq: 51 }]);
  });
});

describe('with two workers on one chain', () => {
  /** A second worker beside the first, its heads in the same folder. */
  async function twoWorkers(work: (first: TestTrail, second: HeadsFile) => Promise<void>, graceMs = 300) {
    const dir = temporaryFolder();
    const trail = await createTestTrail(server.url, dir);
    const signer = await createHeadSigner(trail.signerPem);
    const second = new HeadsFile({ path: join(dir, 'second.jsonl'), signer });
    await second.prepare();
    try {
      await work(trail, second);
      const keys = await readKeysBeside(dir);
      return await withReader(trail.readerUrl, (client) =>
        verifyTrail({ trail: postgresTrailRows(client), headsPath: dir, keys, graceMs }),
      );
    } finally {
      await trail.close();
    }
  }

  test('each vouches for what it handed in, and together for all rows', async () => {
    const { many } = createRecords();
    const report = await twoWorkers(async (trail, second) => {
      for (let turn = 0; turn < 3; turn++) {
        await trail.store(many(5));
        await second.anchor(await trail.table.append('main', many(5), []));
      }
    });
    expect(report).toMatchObject({ ok: true, rows: 30, problems: [] });
  });

  test('one that died before it signed: its rows are named until another has worked on the batch again', async () => {
    const { many } = createRecords();
    const lost = many(5);
    const dead = await twoWorkers(async (trail, second) => {
      await trail.store(many(5));
      await trail.table.append('main', lost, []);
      await second.anchor(await trail.table.append('main', many(5), []));
    });
    expect(dead.problems).toMatchObject([{ kind: 'foreign', chainSeq: 6 }]);
    const again = createRecords();
    const retried = await twoWorkers(async (trail, second) => {
      const batch = again.many(5);
      await trail.store(again.many(5));
      await trail.table.append('main', batch, []);
      await second.anchor(await trail.table.append('main', again.many(5), []));
      await second.anchor(await trail.table.append('main', batch, []));
    });
    expect(retried).toMatchObject({ ok: true, rows: 15 });
  });

  test('heads that come while verify waits', async () => {
    const { many } = createRecords();
    const report = await twoWorkers(async (trail, second) => {
      await trail.store(many(5));
      const late = await trail.table.append('main', many(5), []);
      await trail.store(many(5));
      setTimeout(() => void second.anchor(late), 50);
    }, 60_000);
    expect(report).toMatchObject({ ok: true, rows: 15 });
  });
});

test('a heads file that was lost: the rows before are named, and those since are vouched for', async () => {
  const trail = await createTestTrail(server.url, temporaryFolder());
  try {
    const { many } = createRecords();
    await trail.store(many(10));
    await rm(trail.headsPath);
    const heads = new HeadsFile({ path: trail.headsPath, signer: await createHeadSigner(trail.signerPem) });
    await heads.prepare();
    await heads.anchor(await trail.table.append('main', many(10), []));
    expect((await trail.verify()).problems).toMatchObject([
      { kind: 'foreign', chainSeq: 1, text: expect.stringContaining('rows 1 to 10') },
    ]);
  } finally {
    await trail.close();
  }
});

test('heads of the form before vouch for nothing, and verify says what to do about it', async () => {
  const trail = await createTestTrail(server.url, temporaryFolder());
  try {
    await trail.store(createRecords().many(3));
    const [line = ''] = (await readFile(trail.headsPath, 'utf8')).split('\n');
    const [header = '', payload = ''] = line.split('.');
    const { from: _, prev_hash: __, ...before } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Head;
    const outdated = `${header}.${Buffer.from(JSON.stringify(before)).toString('base64url')}.x\n`;
    await writeFile(trail.headsPath, outdated.repeat(2));
    expect(await trail.verify()).toMatchObject({
      ok: false,
      problems: [{ kind: 'heads', text: expect.stringMatching(/^2 heads are of an earlier version .*\.causeway/) }, {}],
    });
  } finally {
    await trail.close();
  }
});

test('numbers of every size in the arguments come back as they were', async () => {
  const trail = await createTestTrail(server.url, temporaryFolder());
  try {
    const numbers = [0, -0, 0.1, -1.5e-7, 1e21, 1.7976931348623157e308, 5e-324, 2 ** 53, 123456789012345680000, 1e-7];
    await trail.store(numbers.map((n) => createRecords().one({ arguments: { n, deep: [{ n }] } })));
    expect(await trail.verify()).toMatchObject({ ok: true, rows: numbers.length });
  } finally {
    await trail.close();
  }
});

test('verify can begin at a signed head', async () => {
  const trail = await createTestTrail(server.url, temporaryFolder());
  try {
    const { many } = createRecords();
    await trail.store(many(10));
    const since = new Date(Date.now() + 1);
    while (Date.now() <= since.getTime()) await trail.table.ping();
    await trail.store(many(10));
    expect(await trail.verify(since)).toMatchObject({ ok: true, rows: 10 });
  } finally {
    await trail.close();
  }
});

async function leafOfRow(trail: TestTrail, seq: number): Promise<string> {
  return withReader(trail.adminUrl, async (client) => {
    for await (const { record } of streamRows(client, { where: 'chain_seq = $1', values: [seq], order: 'chain_seq' })) {
      return leafHex(record);
    }
    throw new Error('no such row');
  });
}

async function rehash(trail: TestTrail): Promise<void> {
  const rows: string[] = [];
  await withReader(trail.adminUrl, async (client) => {
    for await (const { record, chainSeq } of streamRows(client, { where: 'true', values: [], order: 'chain_seq' })) {
      rows.push(`('${record.event_id}'::uuid, decode('${leafHex(record)}', 'hex'), ${chainSeq})`);
    }
  });
  await asOwner(
    trail,
    `CREATE TEMP TABLE leaves AS SELECT * FROM (VALUES ${rows.join(',')}) v(event_id, leaf, n); ${REHASH}`,
  );
}
