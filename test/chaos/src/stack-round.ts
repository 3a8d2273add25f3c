import { setTimeout as delay } from 'node:timers/promises';
import { pick, seededRandom } from '@causeway/test-audit/seeded-random';
import { FaultLedger } from './fault-ledger.ts';
import { judge, type RoundReport, unwellSince } from './judge.ts';
import { PeopleLoad } from './people-load.ts';
import { narrowedRows, RowsInForce } from './rows-in-force.ts';
import { OUTSIDE_FAULTS, PROCESS_FAULTS, type StackFault } from './stack-faults.ts';
import { type Backend, StackWorld } from './stack-world.ts';

export interface RoundOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** Far longer than anything takes to come back on a busy machine. */
const RECOVERY_MS = 90_000;

/** One round of random faults against the whole stack under load. */
export async function stackRound({ backend, seed, seconds, signal, report }: RoundOptions): Promise<RoundReport> {
  await using world = await StackWorld.start(backend);
  const ledger = new FaultLedger();
  const rows = new RowsInForce();
  const load = new PeopleLoad({
    world: world.base,
    ledger,
    regionsOf: (...asked) => rows.regionsOf(...asked),
    pauseMs: 150,
  });
  const endsAt = performance.now() + seconds * 1000;
  const goesOn = () => performance.now() < endsAt && !signal.aborted;
  const lane = async (faults: Readonly<Record<string, StackFault>>, random: () => number) => {
    const names = Object.keys(faults).filter((name) => faults[name]?.isPossible?.(world) !== false);
    while (goesOn()) {
      const name = pick(names, random);
      const fault = faults[name];
      if (fault === undefined) return;
      const end = ledger.begin(name, fault.excuse);
      report(name);
      await fault.run(world, random).finally(end);
      await delay(random() * 2500);
    }
  };
  load.start();
  await delay(1000);
  const outside = { ...OUTSIDE_FAULTS, 'rows are taken away': narrowedRows(rows) };
  await Promise.all([lane(PROCESS_FAULTS, seededRandom(seed)), lane(outside, seededRandom(seed + 1))]);
  report('calm');
  const calmFrom = performance.now();
  const unwell = () => unwellSince(load, calmFrom);
  for (const deadline = calmFrom + RECOVERY_MS; unwell().length > 0 && performance.now() < deadline;) await delay(100);
  const without = unwell();
  await load.stop();
  // While the world is still there.
  return await judge(world, { load, ledger, without });
}
