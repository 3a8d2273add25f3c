import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineTool } from '../call/define-tool.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const genieQuery = defineTool({
  name: 'genie_query',
  title: 'Ask about the data',
  description:
    'Answers a question about sales in plain English: totals, counts, averages, shares and growth, by region, customer, product, representative, stage or time, with filters, and the best or worst of them. Bring the conversation_id of an answer to refine it. A question that cannot be answered as asked gets a question back.',
  input: z.strictObject({
    question: z.string().trim().min(1).max(2000),
    conversation_id: z.string().max(8000).optional().describe('Of an earlier answer, to follow it up.'),
  }),
  output: z.object({
    conversation_id: z.string(),
    message_id: z.string(),
    status: z.enum(['completed', 'clarification']),
    text: z.string().optional().describe('How the question was understood, or what is asked back.'),
    sql: z.string().optional(),
    columns: z.array(z.string()),
    rows: z.array(z.record(z.string(), scalar)).max(50),
    total_rows: z.number(),
    truncated: z.boolean(),
  }),
  scope: 'genie',
  effect: 'read',
  audit: ({ question, conversation_id: handle }) => ({ question, follow_up: handle !== undefined }),
  rows: 'rows',
  deadlineMs: 60_000,
  textCharsMax: 8000,
  run: async ({ question, conversation_id: handle }, { platform, conversations }) => {
    const before = handle === undefined ? undefined : conversations.open(handle);
    const answer = await platform.ask({ text: question, ...(before !== undefined && { plan: before }) });
    const { status, text, sql, columns, rows, totalRows, truncated, plan, messageId } = answer;
    return {
      conversation_id: conversations.seal(plan),
      message_id: messageId ?? randomUUID(),
      status,
      text,
      ...(sql !== undefined && { sql }),
      columns: [...columns],
      rows: rows.map((row) => ({ ...row })),
      total_rows: totalRows,
      truncated,
    };
  },
});
