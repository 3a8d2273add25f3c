import type { Platform } from '@causeway/platform';
import type { Tool } from '../call/define-tool.ts';
import { askSupervisor } from './ask-supervisor.ts';
import { checkIdentity } from './check-identity.ts';
import { externalApiCall } from './external-api-call.ts';
import { genieQuery } from './genie-query.ts';
import { getRegionSummary } from './get-region-summary.ts';
import { githubSearch } from './github-search.ts';
import { queryAuditLog } from './query-audit-log.ts';
import { queryKnowledgeBase } from './query-knowledge-base.ts';
import { querySalesData } from './query-sales-data.ts';

/** Every tool, in the order in which they are listed. */
export const TOOL_LIST: readonly Tool[] = [
  checkIdentity,
  getRegionSummary,
  querySalesData,
  genieQuery,
  queryKnowledgeBase,
  queryAuditLog,
  askSupervisor,
  githubSearch,
  externalApiCall,
];

/** What the platform cannot do, nobody is offered. */
export function offeredTools(platform: Pick<Platform, 'answersQuestions' | 'searchesDocuments'>): readonly Tool[] {
  const missing = [
    ...(platform.answersQuestions ? [] : ['genie_query']),
    ...(platform.searchesDocuments ? [] : ['query_knowledge_base']),
  ];
  return TOOL_LIST.filter(({ name }) => !missing.includes(name));
}
