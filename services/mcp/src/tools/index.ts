import type { Tool } from '../define-tool.ts';
import { checkIdentity } from './check-identity.ts';
import { externalApiCall } from './external-api-call.ts';
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
  queryKnowledgeBase,
  queryAuditLog,
  githubSearch,
  externalApiCall,
];
