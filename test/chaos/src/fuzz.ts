// `pnpm chaos fuzz [--runs N]`: every property test of the code, again and again, each time from another seed. A failure prints its seed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '10' } } });
const runs = Number(values.runs);
const cwd = fileURLToPath(new URL('../../..', import.meta.url));
const args = ['run', '--project', 'unit', '--testTimeout', '600000', '.property.test.ts'];

let passed = 0;
while (passed < runs && spawnSync('vitest', args, { cwd, stdio: 'inherit' }).status === 0) passed += 1;
console.log(`${passed} of ${runs} runs passed`);
process.exitCode = passed === runs ? 0 : 1;
