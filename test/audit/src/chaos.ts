// `pnpm chaos trail [--rounds N] [--faults N] [--backend redis|postgres] [--seed N]`: long rounds of random faults against the audit trail.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FAULT_NAMES, FAULTS, type FaultName } from './faults.ts';
import { seededRandom } from './seeded-random.ts';
import { type Backend, TrailWorld, type Verdict } from './trail-world.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    faults: { type: 'string', default: '40' },
    backend: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const backends: readonly Backend[] =
  values.backend === 'redis' || values.backend === 'postgres' ? [values.backend] : ['redis', 'postgres'];

const leave = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leave.abort());

async function round(backend: Backend, seed: number): Promise<boolean> {
  console.log(`\n${backend}, seed ${seed}`);
  const random = seededRandom(seed);
  const world = await TrailWorld.create({ backend, workers: 2, producers: 3, perTick: 10, tickMs: 10 });
  if (!world.isDiskMounted) console.log('no small disk can be mounted: producers are told that theirs is full');
  const counts = new Map<FaultName, number>();
  try {
    await world.start();
    for (let n = 0; n < Number(values.faults) && !leave.signal.aborted; n++) {
      await delay(random() * 2000);
      const name = FAULT_NAMES[Math.floor(random() * FAULT_NAMES.length)];
      if (name === undefined) break;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await FAULTS[name](world, random);
    }
    for (const [name, times] of counts) console.log(`  ${name}: ${times}`);
    await world.settle(180_000);
    return report(await world.verdict());
  } finally {
    await world.stop();
  }
}

function report({ accepted, lost, doubled, reconciliation, verification }: Verdict): boolean {
  console.log(`  accepted ${accepted}, without a row ${lost.length}, with several ${doubled.length}`);
  console.log(`  reconcile: ${reconciliation.lost} lost, ${reconciliation.doubled} doubled`);
  console.log(`  verify: ${verification.ok ? 'green' : 'RED'}`);
  for (const { text } of verification.problems) console.log(`  ${text}`);
  return lost.length + doubled.length === 0 && reconciliation.ok && verification.ok;
}

let failed = 0;
for (let n = 0; n < Number(values.rounds) && !leave.signal.aborted; n++) {
  for (const backend of backends) if (!(await round(backend, Number(values.seed) + n))) failed += 1;
}
console.log(failed === 0 ? '\nevery accepted event has exactly one row' : `\n${failed} rounds FAILED`);
process.exitCode = failed === 0 ? 0 : 1;
