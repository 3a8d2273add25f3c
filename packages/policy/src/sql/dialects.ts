import { AppError } from '@causeway/core';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { EngineDialect } from './write-access.ts';
import type { Dialect } from './write-predicate.ts';

/** As people write a rule in the policy. */
export const policyDialect: Dialect = {
  identifier: escapeIdentifier,
  string: escapeLiteral,
  time: (type, text) => `${type} ${escapeLiteral(text)}`,
  callerEmail: 'caller.email',
  currentDate: 'CURRENT_DATE',
};

/** In a scalar subselect it is asked once per query, and leaves the rest of a condition to an index. */
export const postgresDialect: EngineDialect = {
  ...policyDialect,
  callerEmail: '(SELECT causeway.current_email())',
  isMember: (group) => `(SELECT causeway.is_member(${escapeLiteral(group)}))`,
};

export const databricksDialect: EngineDialect = {
  identifier: databricksIdentifier,
  string: databricksString,
  time: (type, text) => `${DATABRICKS_TIMES[type]}${databricksString(text)}`,
  // A service principal's name is a UUID. NULL for it, so that `<>` and NOT find no row either.
  callerEmail: "(CASE WHEN current_user() LIKE '%@%' THEN current_user() END)",
  currentDate: 'current_date()',
  isMember: (group) => `is_account_group_member(${databricksString(group)})`,
};

const DATABRICKS_TIMES = { date: 'DATE', timestamp: 'TIMESTAMP_NTZ', timestamptz: 'TIMESTAMP' } as const;

/**
 * Backticks, doubled inside. There is no library for it. Braces are refused: `${…}` and `{{…}}` are replaced in the text of a
 * statement before it is parsed, quotes or not.
 */
export function databricksIdentifier(name: string): string {
  if (name === '' || /[{}\p{C}]/u.test(name)) {
    throw new AppError('config_invalid', `${JSON.stringify(name)} cannot be a name on Databricks`);
  }
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * Spark reads `\` as the start of an escape, and `''` as two strings next to each other. What starts a text replacement (`$`, `{`)
 * goes in as an escape.
 */
export function databricksString(text: string): string {
  const escaped = text.replaceAll(/['\\${}\p{C}]/gu, (odd) =>
    odd === "'" || odd === '\\'
      ? `\\${odd}`
      : Array.from({ length: odd.length }, (_, at) => `\\u${odd.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
          '',
        ),
  );
  return `'${escaped}'`;
}
