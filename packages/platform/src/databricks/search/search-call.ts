import { AppError } from '@causeway/core';
import type { WorkspaceCall } from '../workspace-call.ts';

/** Where an index is asked. The older API is by the index's name alone, the newer one also by workspace and endpoint. */
export type IndexRoute = { readonly index: string; readonly scope: string; readonly queryType: QueryType } & (
  | { readonly api: 'vector-search' }
  | { readonly api: 'ai-search'; readonly workspace: string; readonly endpoint: string }
);

type QueryType = 'ANN' | 'HYBRID' | 'FULL_TEXT';

export interface IndexQuery {
  readonly column: string;
  readonly query: string;
  readonly hitsMax: number;
}

/** Only ids are asked for: the texts come from the governed table. */
export function searchCall(route: IndexRoute, { column, query, hitsMax }: IndexQuery): WorkspaceCall {
  const index = catalogName(route.index);
  const common = { columns: [column], query_text: query, query_type: route.queryType };
  const call = { method: 'POST', scope: route.scope, repeatable: true } as const;
  if (route.api === 'vector-search') {
    const path = `/api/2.0/vector-search/indexes/${index}/query`;
    return { ...call, path, body: { ...common, num_results: hitsMax } };
  }
  const [workspace, endpoint] = [encodeURIComponent(route.workspace), encodeURIComponent(route.endpoint)];
  const path = `/api/2.0/ai-search/workspaces/${workspace}/endpoints/${endpoint}/indexes/${index}:query`;
  return { ...call, path, body: { ...common, max_results: hitsMax } };
}

function catalogName(index: string): string {
  if (index.split('.').length !== 3)
    throw new AppError('config_invalid', 'the search index is not catalog.schema.name');
  return encodeURIComponent(index);
}
