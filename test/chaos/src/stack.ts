// `pnpm chaos stack [--rounds N] [--seconds N] [--backend redis|postgres] [--seed N]`: random faults against everything, under load.
import { parseArgs } from 'node:util';
import { hasFakeClock } from './fake-clock.ts';
import { stackRound } from './stack-round.ts';
import type { Backend } from './stack-world.ts';
import { violationsText } from './violation.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '120' },
    backend: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    verbose: { type: 'boolean', default: false },
  },
});
const { backend } = values;
const backends: readonly Backend[] = backend === 'redis' || backend === 'postgres' ? [backend] : ['redis', 'postgres'];

const leave = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leave.abort());
if (!hasFakeClock) console.log('no clock is set: that needs Debian’s package faketime');

const listed = (counts: ReadonlyMap<string, number>) => [...counts].map(([name, n]) => `${name} ${n}`).join(', ');

async function round(one: Backend, seed: number): Promise<boolean> {
  console.log(`\n${one}, seed ${seed}`);
  const report = (line: string) => {
    if (values.verbose) console.log(`  ${new Date().toISOString().slice(11, 19)} ${line}`);
  };
  const result = await stackRound({
    backend: one,
    seed,
    seconds: Number(values.seconds),
    signal: leave.signal,
    report,
  });
  console.log(`  faults: ${listed(result.faults)}`);
  console.log(
    `  ${result.answered} answers, ${result.unanswered} requests without one; refused: ${listed(result.refused)}`,
  );
  console.log(`  ${result.violations.length} broken promises`);
  if (result.violations.length > 0) console.log(violationsText(`  ${one}, seed ${seed}`, result.violations));
  return result.violations.length === 0;
}

let failed = 0;
for (let n = 0; n < Number(values.rounds) && !leave.signal.aborted; n++) {
  for (const one of backends) if (!(await round(one, Number(values.seed) + n * 2))) failed += 1;
}
console.log(failed === 0 ? '\nno promise was broken' : `\n${failed} rounds FAILED`);
// At once: after a round Node’s own end waits, busily and for ever, for a handle that does not close.
process.exit(failed === 0 ? 0 : 1);
