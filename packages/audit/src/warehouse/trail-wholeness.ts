import { APPEND_SIGNATURE } from './append-function.ts';
import { BASE, OWNER } from './audit-names.ts';

const FUNCTION = /FUNCTION ([a-z_.]+)\([^]*? AS \$\$([^]*)\$\$/;

/**
 * A query for one boolean: whether the guards and the functions are as `statements` made them. The mark alone would not show what somebody
 * dropped, switched off or rewrote by hand since.
 */
export function trailWholeness(statements: readonly string[]): string {
  const bodies = statements.flatMap((statement) => {
    const [, name, body] = FUNCTION.exec(statement) ?? [];
    return name === undefined || body === undefined ? [] : [`('${name}', $body$${body}$body$)`];
  });
  return `SELECT NOT EXISTS (
  SELECT FROM (SELECT to_regclass('${BASE}.tool_calls')::oid UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('${BASE}.tool_calls')) t(oid)
  WHERE (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgenabled IN ('O', 'A') AND g.tgfoid = to_regprocedure('${BASE}.refuse_change()')) < 2
) AND NOT EXISTS (
  SELECT FROM (VALUES ${bodies.join(', ')}) f(name, body) WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regproc(f.name) AND p.prosrc = f.body)
) AND EXISTS (
  SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('${APPEND_SIGNATURE}') AND p.prosecdef AND p.proowner = to_regrole('${OWNER}')
) AS whole`;
}
