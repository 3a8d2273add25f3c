// `pnpm questions [COUNT]`: generated questions through the whole stack, 10,000 of them when no number is given.
import { askGenerated, liftLimits } from './generated-questions.ts';
import { McpWorld } from './mcp-world.ts';

const count = Number(process.argv[2] ?? 10_000);
await using world = await McpWorld.start();
const mona = await world.proofOf('mona@fabrikam.example');
await liftLimits(world);
const startedAt = performance.now();
const { asked, answered, problems } = await askGenerated(world, mona, count);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(`${asked} questions in ${seconds} s, ${answered} with a statement, ${problems.length} problems`);
for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`);
if (problems.length > 0) process.exitCode = 1;
