import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { DocumentSearch, FoundDocument, PlatformSession, QueryOptions, SqlDialect } from '../../platform.ts';
import { writtenText } from '../../written-text.ts';
import type { WorkspaceCalls } from '../workspace-call.ts';
import { readHits } from './read-hits.ts';
import { type IndexRoute, searchCall } from './search-call.ts';
import { snippetOf } from './snippet-of.ts';

export interface DocumentSearcher {
  readonly calls: Pick<WorkspaceCalls, 'json'>;
  /** The caller's own SQL. */
  readonly query: PlatformSession['query'];
  readonly dialect: SqlDialect;
  readonly route: IndexRoute;
}

/** How many more documents are asked of the index than are wanted, because the caller may not see all of them. */
const SPARE = 3;
const HITS_MAX = 60;

/**
 * The index ranks, the governed table answers. An index knows no row filters: whoever may SELECT it finds every document in it. So what is shown are
 * the rows that the table shows to this caller, and of a document that it does not show nothing is known but that others rank before it.
 */
export async function searchDocuments(
  searcher: DocumentSearcher,
  search: DocumentSearch,
  options: QueryOptions = {},
): Promise<readonly FoundDocument[]> {
  const { calls, route } = searcher;
  const column = columnOf(search, 'document_id');
  const hitsMax = Math.min(search.limit * SPARE, HITS_MAX);
  const answer = await calls
    .json({ ...searchCall(route, { column, query: search.query, hitsMax }), ...limitsOf(options) })
    .catch(denied);
  const hits = readHits(answer, column);
  if (hits.length === 0) return [];
  const rows = await searcher.query(
    documentsOf(
      searcher.dialect,
      search,
      hits.map(({ id }) => id),
    ),
    options,
  );
  const found = new Map(rows.map((row) => [row.document_id, row]));
  return hits
    .flatMap(({ id, score }) => {
      const row = found.get(id);
      if (row === undefined) return [];
      const { title, body, source } = row;
      return [{ documentId: id, title, snippet: snippetOf(body, search.query), score, source }];
    })
    .slice(0, search.limit);
}

const limitsOf = ({ signal, timeoutMs }: QueryOptions) => ({
  ...(signal !== undefined && { signal }),
  ...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
});

/** Unity Catalog hides what a principal has no right to. */
function denied(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
  throw new AppError('access_denied', 'the search index does not exist for this principal', { cause: error });
}

function columnOf({ dataset }: DocumentSearch, field: string): string {
  const column = Object.hasOwn(dataset.columns, field) ? dataset.columns[field] : undefined;
  if (column === undefined)
    throw new AppError('config_invalid', `the dataset of documents names no column for ${field}`);
  return column;
}

function documentsOf(dialect: SqlDialect, search: DocumentSearch, ids: readonly string[]) {
  const column = (field: string) => dialect.identifier(columnOf(search, field));
  const id = `CAST(${column('document_id')} AS STRING)`;
  return {
    name: 'query_knowledge_base',
    text: `SELECT ${id} AS document_id, ${column('title')} AS title, ${column('body')} AS body, ${column('source')} AS source
FROM ${dialect.relation(search.dataset.relation)} WHERE ${id} IN (${ids.map((_, at) => `$${at + 1}`).join(', ')})`,
    values: ids,
    row: z.object({ document_id: z.string(), title: writtenText, body: writtenText, source: writtenText }),
  };
}
