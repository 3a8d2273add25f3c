import type { ChainRun, HeadsFile, UnfaithfulAnswer, UnvouchedRows, UnvouchedRowsWatch } from '@causeway/audit';
import type { HealthCheck, Logger } from '@causeway/runtime';
import { Counter, Gauge, type Registry } from 'prom-client';

export interface TrailWatchDeps {
  readonly heads: Pick<HeadsFile, 'forget'>;
  readonly rows: Pick<UnvouchedRowsWatch, 'olderThan' | 'retired' | 'scan'>;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Says loudly what nobody but the database's owner can have done. What was done exactly is for `causeway audit verify` to find. */
export interface TrailWatch {
  readonly check: HealthCheck;
  /** Looks at the heads of all workers, and drops one's own of rows that retention took away. */
  look(): Promise<void>;
  /** New rows have numbers that were signed for others. */
  setBack(run: ChainRun): void;
  /** The database says of a batch what cannot be: it gets no receipt. */
  unfaithful(batch: string, error: UnfaithfulAnswer): void;
}

/** A batch whose worker died before it signed is taken over and signed well within this time. */
const GRACE_MS = 60_000;

export function createTrailWatch({ heads, rows, logger, registry }: TrailWatchDeps): TrailWatch {
  const registers = [registry];
  const unvouched = new Gauge({
    name: 'audit_unvouched_rows',
    help: 'Rows of the chain that no worker handed in, although it went on behind them.',
    registers,
  });
  const contradictions = new Counter({
    name: 'audit_trail_contradictions_total',
    help: 'Times that the database contradicted what was signed, or what was handed in.',
    registers,
  });
  const said = new Set<string>();
  let contradiction: string | undefined;
  const name = ({ chain, first }: UnvouchedRows) => `${chain} ${first}`;
  return {
    check: {
      name: 'trail',
      required: false,
      run: async () => {
        if (contradiction !== undefined) return degraded(contradiction);
        if (rows.olderThan(GRACE_MS).length === 0) return;
        return degraded('the trail has rows that no worker stored: run causeway audit verify');
      },
    },
    look: async () => {
      await rows.scan();
      const found = rows.olderThan(GRACE_MS);
      unvouched.set(found.reduce((sum, { first, last }) => sum + last - first + 1, 0));
      for (const one of found.filter((some) => !said.has(name(some)))) {
        said.add(name(one));
        const { chain, first, last } = one;
        logger.error('the trail has rows that no worker stored', { chain, first, last });
      }
      for (const prefix of rows.retired) {
        const key = `${prefix.chain} up to ${prefix.upTo}`;
        if (said.has(key)) continue;
        await heads.forget(prefix);
        said.add(key);
      }
    },
    setBack: ({ chain, from }) => {
      contradiction = 'the database went back to an earlier state: run causeway audit verify';
      contradictions.inc();
      logger.error('the chain goes on from an earlier place than was signed', { chain, first: from });
    },
    unfaithful: (batch, error) => {
      contradiction = 'the database stores other rows than it is given: run causeway audit verify';
      contradictions.inc();
      logger.error('the database answers what cannot be; the batch stays in its journal', { batch, error });
    },
  };
}

const degraded = (cause: string) => ({ status: 'degraded' as const, cause });
