import { z } from 'zod';

/** Fields that are absent, null or of a newer kind must not break the reading of a message: only what is used is named. */
const queryAttachment = z.object({
  title: z.string().nullish(),
  description: z.string().nullish(),
  query: z.string().nullish(),
  statement_id: z.string().nullish(),
  query_result_metadata: z.object({ row_count: z.number().nullish(), is_truncated: z.boolean().nullish() }).nullish(),
});

const textAttachment = z.object({
  content: z.string().nullish(),
  purpose: z.string().nullish(),
  phase: z.string().nullish(),
});

const attachment = z.object({
  attachment_id: z.string().nullish(),
  query: queryAttachment.nullish(),
  text: textAttachment.nullish(),
  suggested_questions: z.object({ questions: z.array(z.string()).nullish() }).nullish(),
});

export const genieMessage = z.object({
  conversation_id: z.string().min(1),
  message_id: z.string().nullish(),
  // Older workspaces have only this one.
  id: z.string().nullish(),
  status: z.string().nullish(),
  attachments: z.array(attachment).nullish(),
  error: z.object({ type: z.string().nullish(), error: z.string().nullish() }).nullish(),
});

export type GenieMessage = z.output<typeof genieMessage>;
export type GenieQuery = z.output<typeof queryAttachment>;
type Attachment = z.output<typeof attachment>;

/** The query of a message, with the id under which its result is asked for. */
export function queryOf({
  attachments,
}: GenieMessage): { readonly id: string; readonly query: GenieQuery } | undefined {
  for (const { attachment_id: id, query } of attachments ?? []) {
    if (query != null && id != null) return { id, query };
  }
}

/** Texts that are meant for the person. What was thought on the way (`phase`) is not. */
export function textsOf({ attachments }: GenieMessage): readonly { readonly content: string; readonly asks: Asks }[] {
  return (attachments ?? []).flatMap(({ text }) =>
    text?.content == null || text.content.trim() === '' || text.phase != null
      ? []
      : [{ content: text.content.trim(), asks: asksOf(text.purpose) }],
  );
}

export const suggestionsOf = ({ attachments }: GenieMessage): readonly string[] =>
  (attachments ?? []).flatMap((one: Attachment) => one.suggested_questions?.questions ?? []);

/** Whether a text asks something back. Workspaces before August 2026 do not say. */
export type Asks = 'yes' | 'no' | 'unsaid';

function asksOf(purpose: string | null | undefined): Asks {
  if (purpose == null) return 'unsaid';
  return purpose === 'FOLLOW_UP_QUESTION' ? 'yes' : 'no';
}
