import { AppError } from '@causeway/core';
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import type { DocumentSearch, FoundDocument, PlatformSession, QueryOptions, Statement } from '../platform.ts';
import { writtenText } from '../written-text.ts';
import { postgresDialect } from './dialect.ts';

type Session = Pick<PlatformSession, 'query'>;

/** Full-text search: by the words, and when there is none of them, by words that are written alike. */
export async function searchDocuments(
  session: Session,
  search: DocumentSearch,
  options?: QueryOptions,
): Promise<readonly FoundDocument[]> {
  const results = await session.query(byWords(search), options);
  return results.length > 0 ? results : bySpelling(session, search, options);
}

const found = z
  .object({
    document_id: z.string(),
    title: writtenText,
    snippet: writtenText,
    score: z.number(),
    source: writtenText,
  })
  .transform(({ document_id: documentId, ...rest }): FoundDocument => ({ documentId, ...rest }));

type Dataset = DocumentSearch['dataset'];

const ENGLISH = `'pg_catalog.english'`;
const HEADLINE = `'StartSel=**, StopSel=**, MaxFragments=2, MaxWords=30, MinWords=12, FragmentDelimiter=" … "'`;

const byWords = ({ dataset, query, limit }: DocumentSearch): Statement<FoundDocument> => ({
  name: 'query_knowledge_base',
  text: wordsText(dataset),
  values: [query, limit],
  row: found,
});

/** Documents with any of the words, those with all of them first. A query that leaves words out is taken as it is. */
function wordsText(dataset: Dataset): string {
  const { from, id, title, body, source } = namesOf(dataset);
  const made = `setweight(to_tsvector(${ENGLISH}, coalesce(${title}, '')), 'A') || setweight(to_tsvector(${ENGLISH}, coalesce(${body}, '')), 'B')`;
  const words = Object.hasOwn(dataset.columns, 'search') ? column(dataset, 'search') : `(${made})`;
  return `WITH asked AS (SELECT websearch_to_tsquery(${ENGLISH}, $1) AS every_word),
terms AS (
  SELECT every_word,
    CASE WHEN every_word::text LIKE '%!%' THEN every_word ELSE replace(every_word::text, ' & ', ' | ')::tsquery END AS any_word
  FROM asked
),
best AS (
  SELECT ${id} AS id, ${title} AS title, ${body} AS body, ${source} AS source, any_word,
    ${words} @@ every_word AS has_all, ts_rank_cd(${words}, any_word, 32) AS rank
  FROM ${from}, terms WHERE ${words} @@ any_word
  ORDER BY has_all DESC, rank DESC, id LIMIT $2
)
SELECT id::text AS document_id, title, source, ts_headline(${ENGLISH}, body, any_word, ${HEADLINE}) AS snippet,
  round((CASE WHEN has_all THEN 0.5 + rank / 2 ELSE rank / 2 END)::numeric, 4) AS score
FROM best ORDER BY has_all DESC, rank DESC, id`;
}

/** No word was found as it was written: then those that are written alike, where the server can tell. */
async function bySpelling(
  session: Session,
  { dataset, query, limit }: DocumentSearch,
  options?: QueryOptions,
): Promise<readonly FoundDocument[]> {
  const [extension] = await session.query(TRIGRAMS, options);
  if (extension === undefined) return [];
  const text = spellingText(dataset, extension.place);
  return session.query({ name: 'query_knowledge_base_spelling', text, values: [query, limit], row: found }, options);
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

function spellingText(dataset: Dataset, place: string): string {
  const { from, id, title, body, source } = namesOf(dataset);
  const alike = `${escapeIdentifier(place)}.word_similarity`;
  return `WITH words AS (
  SELECT word FROM regexp_split_to_table($1, '[^[:alnum:]]+') AS word WHERE length(word) > 2 LIMIT 20
),
best AS (
  SELECT ${id} AS id, ${title} AS title, ${body} AS body, ${source} AS source,
    (SELECT avg(greatest(${alike}(word, ${title}), ${alike}(word, ${body}))) FROM words) AS likeness
  FROM ${from}
)
SELECT id::text AS document_id, title, source, left(body, 240) AS snippet, round(likeness::numeric / 2, 4) AS score
FROM best WHERE likeness >= ${ALIKE} ORDER BY likeness DESC, id LIMIT $2`;
}

function namesOf(dataset: Dataset) {
  const [id, title] = [column(dataset, 'document_id'), column(dataset, 'title')];
  const [body, source] = [column(dataset, 'body'), column(dataset, 'source')];
  return { from: postgresDialect.relation(dataset.relation), id, title, body, source };
}

function column({ relation, columns }: Dataset, field: string): string {
  const name = Object.hasOwn(columns, field) ? columns[field] : undefined;
  if (name === undefined) throw new AppError('internal', `the dataset of ${relation} has no field ${field}`);
  return escapeIdentifier(name);
}
