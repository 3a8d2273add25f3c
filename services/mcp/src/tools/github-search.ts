import { AppError } from '@causeway/core';
import { z } from 'zod';
import { textBody } from '../connections/text-body.ts';
import { defineTool } from '../call/define-tool.ts';

const SUMMARY_CHARS = 280;

const item = z.object({ title: z.string(), url: z.string(), summary: z.string() });

export const githubSearch = defineTool({
  name: 'github_search',
  title: 'GitHub search',
  description: 'Searches GitHub for repositories, issues or code, with GitHub’s own search qualifiers.',
  input: z.strictObject({
    query: z.string().trim().min(1).max(256),
    kind: z.enum(['repositories', 'issues', 'code']),
    limit: z.int().min(1).max(30).default(10),
  }),
  output: z.object({ total: z.number(), items: z.array(item) }),
  scope: 'connections',
  effect: 'read outside',
  audit: (question) => question,
  rows: 'items',
  run: async ({ query, kind, limit }, { connections }) => {
    const response = await connections.request('github', {
      method: 'GET',
      path: `/search/${kind}`,
      query: { q: query, per_page: String(limit) },
    });
    if (response.status === 422) throw refusedQuery();
    if (response.status !== 200) throw new AppError('upstream_rejected', `GitHub answered ${response.status}`);
    const { total_count: total, items } = readAnswer(kind, textBody(response));
    return { total, items: items.slice(0, limit) };
  },
});

/** An answer that was cut off, or is another one than GitHub's. */
function readAnswer(kind: keyof typeof ANSWERS, body: string): z.infer<(typeof ANSWERS)[keyof typeof ANSWERS]> {
  try {
    return ANSWERS[kind].parse(JSON.parse(body));
  } catch (error) {
    throw new AppError('upstream_rejected', 'the answer is not one of GitHub’s search', { cause: error });
  }
}

function refusedQuery(): AppError {
  return new AppError('invalid_request', 'GitHub refuses the query', {
    safeDetail: 'GitHub does not accept this query.',
  });
}

const summary = (text: string | null | undefined) => (text ?? '').slice(0, SUMMARY_CHARS);

const answer = <Found extends z.ZodType<z.infer<typeof item>>>(found: Found) =>
  z.object({ total_count: z.number(), items: z.array(found) });

/** What is taken of GitHub's answers. */
const ANSWERS = {
  repositories: answer(
    z
      .object({ full_name: z.string(), html_url: z.string(), description: z.string().nullish() })
      .transform((it) => ({ title: it.full_name, url: it.html_url, summary: summary(it.description) })),
  ),
  issues: answer(
    z
      .object({ title: z.string(), html_url: z.string(), body: z.string().nullish() })
      .transform((it) => ({ title: it.title, url: it.html_url, summary: summary(it.body) })),
  ),
  code: answer(
    z
      .object({ path: z.string(), html_url: z.string(), repository: z.object({ full_name: z.string() }) })
      .transform((it) => ({ title: it.path, url: it.html_url, summary: it.repository.full_name })),
  ),
} as const;
