import { databricksIdentifier, databricksString } from './dialects.ts';

/**
 * Which policy the workspace was told, for the gateway to compare with its own. A function, because it is replaced in one statement and granted like the
 * others; it must be the last that the script makes.
 */
export function digestStatements(schema: string, digest: string, groups: readonly string[]): readonly string[] {
  const name = `${databricksIdentifier(schema)}.${databricksIdentifier('policy_digest')}`;
  return [
    ...groups.map(
      (group) => `GRANT USE SCHEMA ON SCHEMA ${databricksIdentifier(schema)} TO ${databricksIdentifier(group)}`,
    ),
    `CREATE OR REPLACE FUNCTION ${name}() RETURNS STRING\nRETURN ${databricksString(digest)}`,
    ...groups.map((group) => `GRANT EXECUTE ON FUNCTION ${name} TO ${databricksIdentifier(group)}`),
  ];
}
