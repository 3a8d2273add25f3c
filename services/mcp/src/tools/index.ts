import type { Tool } from '../define-tool.ts';
import { checkIdentity } from './check-identity.ts';
import { getRegionSummary } from './get-region-summary.ts';
import { queryAuditLog } from './query-audit-log.ts';
import { querySalesData } from './query-sales-data.ts';

/** Every tool, in the order in which they are listed. */
export const TOOL_LIST: readonly Tool[] = [checkIdentity, getRegionSummary, querySalesData, queryAuditLog];
