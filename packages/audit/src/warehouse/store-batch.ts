import type { AuditRecord } from '../record/record.ts';
import type { PoisonEvent } from '../queue/read-batch.ts';
import { type Appended, type AuditTable, type DeadLetter, isPoison } from './audit-table.ts';

export interface BatchToStore {
  readonly chain: string;
  readonly id: string;
  readonly producer: string;
  readonly records: readonly AuditRecord[];
  readonly poison: readonly PoisonEvent[];
}

export interface StoredBatch extends Appended {
  /** How many of its events the table took, or had already. */
  readonly given: number;
  readonly buried: number;
}

/** Stores what can be stored, in order, and buries what cannot: one poisonous record never stops the others. */
export async function storeBatch(table: Pick<AuditTable, 'append'>, batch: BatchToStore): Promise<StoredBatch> {
  const dead = batch.poison.map(({ text, reason }) => letterOf(batch, { content: text, reason }));
  return storeHalves({ table, batch }, batch.records, dead);
}

interface Place {
  readonly table: Pick<AuditTable, 'append'>;
  readonly batch: BatchToStore;
}

async function storeHalves(
  place: Place,
  records: readonly AuditRecord[],
  dead: readonly DeadLetter[],
): Promise<StoredBatch> {
  const { table, batch } = place;
  try {
    return { ...(await table.append(batch.chain, records, dead)), given: records.length, buried: dead.length };
  } catch (error) {
    const [record, ...others] = records;
    if (!isPoison(error) || record === undefined) throw error;
    if (others.length === 0) {
      const reason = `the database refuses it: ${error instanceof Error ? error.message : 'unknown'}`;
      const letter = letterOf(batch, { content: JSON.stringify(record), reason, seq: record.producer_seq });
      return storeHalves(place, [], [...dead, letter]);
    }
  }
  const middle = Math.ceil(records.length / 2);
  const first = await storeHalves(place, records.slice(0, middle), dead);
  const second = await storeHalves(place, records.slice(middle), []);
  return {
    appended: [...first.appended, ...second.appended],
    found: [...first.found, ...second.found],
    given: first.given + second.given,
    stored: first.stored + second.stored,
    buried: first.buried + second.buried,
  };
}

function letterOf(
  { id, producer }: BatchToStore,
  { content, reason, seq }: { readonly content: string; readonly reason: string; readonly seq?: number },
): DeadLetter {
  return { batch: id, producer, producerSeq: seq ?? seqIn(content), reason, content };
}

/** The number of an event whose record is not one: reconcile must know which event it was. */
function seqIn(content: string): number | undefined {
  const seq = Number(/"producer_seq":(\d{1,15})[,}]/.exec(content)?.[1]);
  return seq > 0 ? seq : undefined;
}
