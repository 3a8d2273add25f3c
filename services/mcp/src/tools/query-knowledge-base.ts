import type { PlatformSession, Statement } from '@causeway/platform';
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import type { Dataset } from '../dataset.ts';
import { defineTool } from '../define-tool.ts';

const found = z.object({
  document_id: z.string(),
  title: z.string(),
  snippet: z.string().describe('The passages that fit, with the words between two asterisks.'),
  score: z.number().describe('From 0 to 1; comparable within one answer.'),
  source: z.string(),
});

export const queryKnowledgeBase = defineTool({
  name: 'query_knowledge_base',
  title: 'Knowledge base',
  description:
    'Searches the company’s documents in plain words, best first. Quotes make a phrase, a minus leaves a word out; misspelt words are found too. You see the documents that your role may see.',
  input: z.strictObject({
    query: z.string().trim().min(1).max(500),
    limit: z.int().min(1).max(20).default(5),
  }),
  output: z.object({ results: z.array(found) }),
  scope: 'sql',
  effect: 'read',
  audit: ({ query, limit }) => ({ query, limit }),
  rows: 'results',
  run: async ({ query, limit }, { platform, policy }) => {
    const documents = policy.dataset('documents');
    const results = await platform.query(byWords(documents, query, limit));
    return { results: results.length > 0 ? results : await bySpelling({ platform, documents, query, limit }) };
  },
});

type Found = z.infer<typeof found>;

const ENGLISH = `'pg_catalog.english'`;
const HEADLINE = `'StartSel=**, StopSel=**, MaxFragments=2, MaxWords=30, MinWords=12, FragmentDelimiter=" … "'`;

function byWords(documents: Dataset, query: string, limit: number): Statement<Found> {
  return {
    name: 'query_knowledge_base',
    text: documents.text('knowledge words', () => wordsText(documents)),
    values: [query, limit],
    row: found,
  };
}

/** Documents with any of the words, those with all of them first. A query that leaves words out is taken as it is. */
function wordsText(documents: Dataset): string {
  const [id, title, body] = [documents.column('document_id'), documents.column('title'), documents.column('body')];
  const made = `setweight(to_tsvector(${ENGLISH}, ${title}), 'A') || setweight(to_tsvector(${ENGLISH}, ${body}), 'B')`;
  const words = documents.has('search') ? documents.column('search') : `(${made})`;
  return `WITH asked AS (SELECT websearch_to_tsquery(${ENGLISH}, $1) AS every_word),
terms AS (
  SELECT every_word,
    CASE WHEN every_word::text LIKE '%!%' THEN every_word ELSE replace(every_word::text, ' & ', ' | ')::tsquery END AS any_word
  FROM asked
),
best AS (
  SELECT ${id} AS id, ${title} AS title, ${body} AS body, ${documents.column('source')} AS source, any_word,
    ${words} @@ every_word AS has_all, ts_rank_cd(${words}, any_word, 32) AS rank
  FROM ${documents.from}, terms WHERE ${words} @@ any_word
  ORDER BY has_all DESC, rank DESC, id LIMIT $2
)
SELECT id::text AS document_id, title, source, ts_headline(${ENGLISH}, body, any_word, ${HEADLINE}) AS snippet,
  round((CASE WHEN has_all THEN 0.5 + rank / 2 ELSE rank / 2 END)::numeric, 4) AS score
FROM best ORDER BY has_all DESC, rank DESC, id`;
}

interface Search {
  readonly platform: PlatformSession;
  readonly documents: Dataset;
  readonly query: string;
  readonly limit: number;
}

/** No word was found as it was written: then those that are written alike, where the server can tell. */
async function bySpelling({ platform, documents, query, limit }: Search): Promise<Found[]> {
  const [extension] = await platform.query(TRIGRAMS);
  if (extension === undefined) return [];
  const text = documents.text(`knowledge spelling ${extension.place}`, () => spellingText(documents, extension.place));
  return platform.query({ name: 'query_knowledge_base_spelling', text, values: [query, limit], row: found });
}

const TRIGRAMS: Statement<{ place: string }> = {
  name: 'query_knowledge_base_trigrams',
  text: `SELECT namespace.nspname AS place FROM pg_catalog.pg_extension AS extension
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = extension.extnamespace
WHERE extension.extname = 'pg_trgm' AND has_schema_privilege(namespace.oid, 'USAGE')`,
  values: [],
  row: z.object({ place: z.string() }),
};

/** How much of a word may be misspelt. Found by trying: below it, unrelated words come in. */
const ALIKE = 0.4;

function spellingText(documents: Dataset, place: string): string {
  const [id, title, body] = [documents.column('document_id'), documents.column('title'), documents.column('body')];
  const alike = `${escapeIdentifier(place)}.word_similarity`;
  return `WITH words AS (
  SELECT word FROM regexp_split_to_table($1, '[^[:alnum:]]+') AS word WHERE length(word) > 2 LIMIT 20
),
best AS (
  SELECT ${id} AS id, ${title} AS title, ${body} AS body, ${documents.column('source')} AS source,
    (SELECT avg(greatest(${alike}(word, ${title}), ${alike}(word, ${body}))) FROM words) AS likeness
  FROM ${documents.from}
)
SELECT id::text AS document_id, title, source, left(body, 240) AS snippet, round(likeness::numeric / 2, 4) AS score
FROM best WHERE likeness >= ${ALIKE} ORDER BY likeness DESC, id LIMIT $2`;
}
