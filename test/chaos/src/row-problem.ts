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
function mustHaveRow({ tool, status, code }: Answer): boolean {
  if (status === 200 && code === undefined) return true;
  return status !== undefined && status !== 401 && code !== 'audit_unavailable' && tool !== undefined;
}

function isOf(who: Asked['who'], { human_email: email, role }: AuditRow): boolean {
  const isOtherRole = role !== null && who.role !== undefined && role !== who.role;
  return (email === null || email === who.email) && !isOtherRole;
}

/** OAuth has other codes than ours, and an attempt without an answer may have ended either way. */
function isSameOutcome({ tool, status, code }: Answer, row: AuditRow): boolean {
  if (status === undefined) return true;
  if ((code === undefined) !== (row.status === 'success')) return false;
  if (tool === undefined || status === 401) return true;
  return row.error_code === (code ?? null) && row.tool === tool;
}
