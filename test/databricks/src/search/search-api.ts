import pg from 'pg';
import { z } from 'zod';
import { badParameter, doesNotExist, json } from '../http/answer.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import type { Principal } from '../oauth/principal.ts';
import { askEngine, isGranted } from '../sql/ask-engine.ts';
import type { Engine } from '../sql/engine.ts';
import type { ResultTable } from '../sql/result-types.ts';
import type { Workspace } from '../workspace.ts';

export interface SearchSettings {
  /** `catalog.schema.name`. */
  readonly index: string;
  /** The AI Search endpoint that holds it. */
  readonly endpoint: string;
  /** The role that built it: an index holds what its owner sees, for everybody. */
  readonly ownerRole: string;
}

export interface SearchDeps {
  readonly workspace: Workspace;
  readonly engine: Engine;
  readonly settings: SearchSettings;
}

const common = {
  columns: z.array(z.string()).min(1),
  query_text: z.string().min(1),
  query_type: z.enum(['ANN', 'HYBRID', 'FULL_TEXT']).nullish(),
  score_threshold: z.number().nullish(),
};

const hits = z.int().min(1).max(1000);
const vectorSearch = z.object({ ...common, num_results: hits.default(10) });
const aiSearch = z.object({ ...common, max_results: hits.default(10) });

/** The query of an index, by the older API and the newer one. */
export function searchRoutes(deps: SearchDeps): readonly Route[] {
  return [
    {
      on: 'POST /api/2.0/vector-search/indexes/{index}/query',
      scope: ['vector-search'],
      async handle(request, principal) {
        const { num_results: limit, ...asked } = request.json(vectorSearch);
        await checkIndex(deps, request, principal);
        return json(await search(deps, { ...asked, limit }));
      },
    },
    {
      on: 'POST /api/2.0/ai-search/workspaces/{workspace}/endpoints/{endpoint}/indexes/{index}:query',
      scope: ['vector-search'],
      async handle(request, principal) {
        const { max_results: limit, ...asked } = request.json(aiSearch);
        if (request.param('endpoint') !== deps.settings.endpoint) throw missing(request);
        await checkIndex(deps, request, principal);
        return json(await search(deps, { ...asked, limit }));
      },
    },
  ];
}

const missing = (request: ApiRequest) => doesNotExist(`Index ${request.param('index')} does not exist.`);

async function checkIndex(
  { engine, settings, workspace }: SearchDeps,
  request: ApiRequest,
  principal: Principal,
): Promise<void> {
  const { relation } = documentsOf(workspace);
  const question = { text: `SELECT has_table_privilege($1, 'SELECT')`, values: [relation] };
  if (request.param('index') === settings.index && (await isGranted(engine, principal, question))) return;
  throw missing(request);
}

interface Search {
  readonly columns: readonly string[];
  readonly query_text: string;
  readonly score_threshold?: number | null | undefined;
  readonly limit: number;
}

/** Every document of the index, whoever asks: its owner's rows, best first, the score in the last column. */
async function search({ workspace, engine, settings }: SearchDeps, asked: Search) {
  const { relation, columns } = documentsOf(workspace);
  const wrong = asked.columns.filter((name) => !Object.values(columns).includes(name));
  if (wrong.length > 0) throw badParameter(`Requested columns to fetch are not present in index: ${wrong.join(', ')}`);
  const quoted = asked.columns.map((name) => pg.escapeIdentifier(name)).join(', ');
  const words = [columns['title'], columns['body']].map((name) => pg.escapeIdentifier(name ?? '')).join(` || ' ' || `);
  const text = `WITH asked AS (
  SELECT replace(plainto_tsquery('pg_catalog.english', $1)::text, ' & ', ' | ')::tsquery AS words
), ranked AS (
  SELECT ${quoted}, ts_rank_cd(to_tsvector('pg_catalog.english', ${words}), words, 32)::float8 AS score
  FROM ${relation.split('.').map(pg.escapeIdentifier).join('.')}, asked
)
SELECT * FROM ranked WHERE score > 0 AND score >= $2 ORDER BY score DESC, 1 LIMIT $3`;
  const values = [asked.query_text, String(asked.score_threshold ?? 0), String(asked.limit)];
  return answerOf(await askEngine(engine, ownerOf(workspace, settings), { text, values }));
}

function documentsOf(workspace: Workspace) {
  const { documents } = workspace.policy.datasets;
  if (documents === undefined) throw doesNotExist('There are no documents.');
  return documents;
}

function ownerOf(workspace: Workspace, { ownerRole }: SearchSettings): Principal {
  const application = workspace.policy.roles[ownerRole]?.principal ?? '';
  return { name: application, caller: workspace.callerOf(application), scopes: new Set() };
}

function answerOf({ columns, rows }: ResultTable) {
  const data = rows.map((row) => row.map((cell, at) => (columns[at]?.type_name === 'DOUBLE' ? Number(cell) : cell)));
  return {
    manifest: {
      column_count: columns.length,
      columns: columns.map(({ name, type_text: type }) => ({ name, type_text: type.toLowerCase() })),
    },
    result: { row_count: data.length, data_array: data },
  };
}
