import { createHash } from 'node:crypto';
import { escapeLiteral } from 'pg';
import { block } from './quote.ts';

/** How the comment of everything that Causeway creates begins. */
export const MARK_PREFIX = 'causeway: ';

/** The statements, and last a comment on the object that says which statements made it. */
export function marked(on: string, statements: readonly string[]): { statements: readonly string[]; mark: string } {
  const hash = createHash('sha256');
  for (const statement of statements) hash.update(statement).update('\0');
  const mark = `${MARK_PREFIX}${hash.digest('hex').slice(0, 32)}`;
  return { statements: [...statements, `COMMENT ON ${on} IS ${escapeLiteral(mark)}`], mark };
}

/**
 * Refuses to touch an object that is there without our mark: it is somebody else's.
 * `marks` is a query that gives the comment of the object, if there is one.
 */
export function refuseForeign(what: string, marks: string): string {
  return block(
    `IF EXISTS (SELECT FROM (${marks}) AS found (mark) WHERE mark IS NULL OR NOT starts_with(mark, ${escapeLiteral(MARK_PREFIX)})) THEN`,
    `  RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = ${escapeLiteral(`${what} exists, and Causeway did not create it`)};`,
    `END IF;`,
  );
}
