import type { Asked } from './people-load.ts';

/** A row of the audit trail, as far as it is looked at here. */
export type AuditRow = Record<'request_id' | 'tool' | 'status' | 'error_code' | 'human_email' | 'role', string | null>;

type Answer = Pick<Asked, 'who' | 'tool' | 'status' | 'code'>;

/** What is wrong with the rows of one request: each answer has one, of the same person, with the same outcome. */
export function rowProblem(answer: Answer, rows: readonly AuditRow[]): string | undefined {
  if (rows.length > 1) return `${rows.length} rows`;
  const [row] = rows;
  if (row === undefined) return mustHaveRow(answer) ? 'no row' : undefined;
  if (!isOf(answer.who, row)) return `the row is of ${row.human_email} as ${row.role}`;
  return isSameOutcome(answer, row) ? undefined : `the row says ${row.tool} ${row.status} ${row.error_code}`;
}

/** Refusals of those who proved nothing may be summed up; where nothing can be written down, nothing is. */
function mustHaveRow(answer: Answer): boolean {
  const { tool, status, code } = answer;
  if (status === 200 && code === undefined) return true;
  return status !== undefined && !isUnproven(answer) && code !== 'audit_unavailable' && tool !== undefined;
}

/** Refused before any tool: for the token, or because nobody could tell what it is worth. A tool's own failure is 200. */
const isUnproven = ({ status, code }: Answer): boolean =>
  status === 401 || (status === 503 && code === 'upstream_unavailable');

function isOf(who: Asked['who'], { human_email: email, role }: AuditRow): boolean {
  const isOtherRole = role !== null && who.role !== undefined && role !== who.role;
  return (email === null || email === who.email) && !isOtherRole;
}

/** OAuth has other codes than ours, and an attempt without an answer may have ended either way. */
function isSameOutcome(answer: Answer, row: AuditRow): boolean {
  const { tool, status, code } = answer;
  if (status === undefined) return true;
  if ((code === undefined) !== (row.status === 'success')) return false;
  if (tool === undefined || isUnproven(answer)) return true;
  return row.error_code === (code ?? null) && row.tool === tool;
}
