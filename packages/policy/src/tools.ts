import type { Scope } from '@causeway/core';

/** The nine tools of the contract: a policy names no other. */
export const TOOLS = [
  'check_identity',
  'get_region_summary',
  'query_sales_data',
  'genie_query',
  'query_knowledge_base',
  'query_audit_log',
  'ask_supervisor',
  'github_search',
  'external_api_call',
] as const;

export type ToolName = (typeof TOOLS)[number];

/** The scope that opens a tool. `check_identity` needs none. */
export const TOOL_SCOPES: Readonly<Record<ToolName, Scope | undefined>> = {
  check_identity: undefined,
  get_region_summary: 'sql',
  query_sales_data: 'sql',
  genie_query: 'genie',
  query_knowledge_base: 'sql',
  query_audit_log: 'audit',
  ask_supervisor: 'serving',
  github_search: 'connections',
  external_api_call: 'connections',
};

export interface ToolDataset {
  readonly dataset: string;
  /** Fields that the tool's answer cannot do without. */
  readonly fields: readonly string[];
}

const DEAL_FIELDS = [
  'deal_id',
  'region',
  'customer',
  'rep_email',
  'product',
  'stage',
  'amount',
  'margin_pct',
  'closed_on',
];

/** What a tool reads through the policy's datasets. A tool whose dataset is missing is not listed. */
export const TOOL_DATASETS: Readonly<Partial<Record<ToolName, ToolDataset>>> = {
  get_region_summary: { dataset: 'deals', fields: ['region', 'amount'] },
  query_sales_data: { dataset: 'deals', fields: DEAL_FIELDS },
  query_knowledge_base: { dataset: 'documents', fields: ['document_id', 'title', 'body', 'source'] },
};

export const isToolName = (name: string): name is ToolName => (TOOLS as readonly string[]).includes(name);
