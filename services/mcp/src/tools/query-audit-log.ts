import type { SqlDialect, SqlValue, Statement } from '@causeway/platform';
import { TOOLS } from '@causeway/policy';
import { z } from 'zod';
import { defineTool } from '../call/define-tool.ts';

const text = z.string().nullable();

const auditRow = z.object({
  event_id: z.string(),
  occurred_at: z.string(),
  kind: z.string(),
  request_id: z.string(),
  trace_id: text,
  service: z.string(),
  pattern: text,
  idp: text,
  human_subject: text,
  human_email: text,
  principal_id: text,
  role: text,
  agent: text,
  client_id: text,
  tool: text,
  arguments: z.record(z.string(), z.unknown()).nullable(),
  statement: text,
  status: z.string(),
  error_code: text,
  reason: text,
  rows_returned: z.number().nullable(),
  masked_columns: z.array(z.string()).nullable(),
  latency_ms: z.number().nullable(),
  policy_digest: text,
});

const argumentsText = z.string().transform((written, context): unknown => {
  try {
    return JSON.parse(written);
  } catch {
    context.addIssue('no JSON');
    return z.NEVER;
  }
});

/** A table that has no type for JSON keeps arguments as text. */
const storedRow = auditRow.extend({
  arguments: z.union([auditRow.shape.arguments, argumentsText.pipe(auditRow.shape.arguments)]),
});

const input = z.strictObject({
  since: z.iso.datetime({ offset: true }).optional().describe('Events from this time on, ISO 8601.'),
  until: z.iso.datetime({ offset: true }).optional().describe('Events before this time, ISO 8601.'),
  email: z.string().max(254).optional().describe('Events of this person.'),
  tool: z.enum(TOOLS).optional(),
  status: z.enum(['success', 'error', 'access_denied', 'rate_limited']).optional(),
  limit: z.int().min(1).max(200).default(50),
});

export const queryAuditLog = defineTool({
  name: 'query_audit_log',
  title: 'Audit log',
  description:
    'What was asked through this gateway, newest first: who, when, which tool, with what outcome. Events arrive here some moments after they happened.',
  input,
  output: z.object({ rows: z.array(auditRow), truncated: z.boolean() }),
  scope: 'audit',
  effect: 'read',
  audit: (question) => question,
  rows: 'rows',
  run: async (question, { platform, policy: { dialect } }) => {
    const found = await platform.query(auditQuery(question, dialect));
    return { rows: found.slice(0, question.limit), truncated: found.length > question.limit };
  },
});

type Question = z.output<typeof input>;

const FILTERS = [
  { argument: 'since', condition: 'occurred_at >= ' },
  { argument: 'until', condition: 'occurred_at < ' },
  { argument: 'email', condition: 'human_email = ' },
  { argument: 'tool', condition: 'tool = ' },
  { argument: 'status', condition: 'status = ' },
] as const;

const COLUMNS = Object.keys(auditRow.shape).join(', ');

function auditQuery(question: Question, dialect: SqlDialect): Statement<z.infer<typeof auditRow>> {
  const filters = FILTERS.filter(({ argument }) => question[argument] !== undefined);
  const conditions = filters.map(({ condition }, index) => `${condition}$${index + 1}`);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const values: SqlValue[] = filters.map(({ argument }) => question[argument] ?? null);
  return {
    name: 'query_audit_log',
    // Ids grow with time, and are the key.
    text: `SELECT ${COLUMNS} FROM ${dialect.relation('audit.tool_calls')}${where} ORDER BY event_id DESC LIMIT $${filters.length + 1}`,
    // One more than asked for tells whether there are more.
    values: [...values, question.limit + 1],
    row: storedRow,
  };
}
