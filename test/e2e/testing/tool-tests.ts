import type { McpWorld } from '../mcp-world.ts';
import { auditLogTests } from './audit-log-tests.ts';
import { errorTests } from './error-tests.ts';
import { genieTests } from './genie-tests.ts';
import { identityTests } from './identity-tests.ts';
import { outsideTests } from './outside-tests.ts';
import { salesTests } from './sales-tests.ts';

/** What each tool takes, answers and refuses, on whatever deployment this world is. */
export function toolTests(world: () => McpWorld): void {
  identityTests(world);
  salesTests(world);
  auditLogTests(world);
  genieTests(world);
  outsideTests(world);
  errorTests(world);
}
