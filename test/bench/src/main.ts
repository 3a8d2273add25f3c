// `pnpm bench [NAME …] [--rounds N] [--seconds N] [--warm-up SECONDS]`: measures the cases, prints a table each, writes test/bench/out/*.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './cases.ts';
import { pinning } from './child.ts';
import { runCase } from './run-case.ts';
import { summarize } from './summary.ts';
import { table } from './table.ts';

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '5' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const warmUpSeconds = Number(values['warm-up']);
const known = CASES.map(({ benchCase }) => benchCase.name);
const unknown = names.filter((name) => !known.includes(name));

if (unknown.length > 0 || !(rounds >= 1) || !(seconds > 0) || !(warmUpSeconds > 0)) {
  console.error(
    `usage: pnpm bench [NAME …] [--rounds N] [--seconds N] [--warm-up SECONDS]\nnames: ${known.join(', ')}`,
  );
  process.exit(2);
}

const pinned = pinning();
console.log(
  pinned.possible
    ? 'server on core 0, generator on core 1'
    : `NOT PINNED, so the figures vary more: ${pinned.reason ?? ''}`,
);
const machine = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
  pinned: pinned.possible,
};
const out = fileURLToPath(new URL('../out/', import.meta.url));
mkdirSync(out, { recursive: true });

for (const chosen of CASES.filter(({ benchCase }) => names.length === 0 || names.includes(benchCase.name))) {
  const { name, what } = chosen.benchCase;
  console.log(`\n${name}: ${what}`);
  const report = (line: string) => process.stderr.write(`  ${line}\n`);
  const results = await runCase(chosen, { rounds, seconds, warmUpSeconds, report }).catch((error: unknown) => {
    console.error(`FAIL ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
  const summaries = summarize(results);
  console.log(table(summaries));
  const at = new Date().toISOString();
  const file = `${out}${name}-${at.replaceAll(/[:.]/g, '-')}.json`;
  const detail = results.map(({ target, rounds: measured }) => ({ target: target.name, rounds: measured }));
  writeFileSync(
    file,
    `${JSON.stringify({ name, what, at, machine, rounds, seconds, warmUpSeconds, summaries, detail }, null, 2)}\n`,
  );
  console.log(`written to ${file}`);
}
