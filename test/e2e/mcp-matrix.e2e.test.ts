import { afterAll, beforeAll } from 'vitest';
import { matrixTests } from './testing/matrix-tests.ts';
import { toolTests } from './testing/tool-tests.ts';
import { McpWorld } from './mcp-world.ts';

// Made in `beforeAll`, because listing the tests loads this file too.
let world: McpWorld;
beforeAll(async () => {
  world = await McpWorld.start();
});
afterAll(() => world?.[Symbol.asyncDispose]());

matrixTests(() => world);
toolTests(() => world);
