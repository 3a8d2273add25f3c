import { afterAll, beforeAll, expect } from 'vitest';
import { askGenerated, liftLimits } from './generated-questions.ts';
import { McpWorld, type Proof } from './mcp-world.ts';
import { requirement } from './requirement.ts';

/** A share of the 10,000 of `pnpm questions`, for the time that a test may take. */
const COUNT = 1000;

let world: McpWorld;
let mona: Proof;
beforeAll(async () => {
  world = await McpWorld.start();
  mona = await world.proofOf('mona@fabrikam.example');
  await liftLimits(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

requirement(
  ['genie-output', 'genie-clarification'],
  'generated questions: an answer or a question back to each, and every statement is one SELECT over the model',
  async () => {
    const { asked, answered, problems } = await askGenerated(world, mona, COUNT);
    expect(problems).toEqual([]);
    expect(asked).toBe(COUNT);
    // Most of the sentences must be understood, or nothing would be shown.
    expect(answered).toBeGreaterThan(COUNT / 4);
  },
);
