import { databricksIdentifier } from '@causeway/policy';
import type { SqlDialect } from '../platform.ts';

/** Backticks, and the catalog before the schema: no `USE` of a session decides where a name is. */
export function databricksDialect(catalog: string): SqlDialect {
  return {
    identifier: databricksIdentifier,
    relation: (name) => [catalog, ...name.split('.')].map(databricksIdentifier).join('.'),
  };
}
