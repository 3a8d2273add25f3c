import type { AuditEvent } from '@causeway/audit';

/** A tool call as the gateway records it. */
export const AUDIT_EVENT: AuditEvent = {
  kind: 'tool_call',
  requestId: '0af7651916cd43dd8448eb211c80319c',
  caller: {
    pattern: 'federation',
    human: {
      issuer: 'https://northwind.example/',
      subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
      email: 'wanda@northwind.example',
      idp: 'northwind',
    },
    agent: undefined,
    principal: { id: '6f0c2f3e-0000-4000-8000-000000000001', role: 'west_sales', groups: ['west_sales'] },
    scopes: ['sql'],
    expiresAt: new Date(0),
    tokenId: 'a-token-id',
  },
  outcome: { status: 'success' },
  clientId: 'partner-portal',
  tool: 'query_sales_data',
  arguments: { region: 'WEST', limit: 10 },
  statement: 'SELECT deal_id, region, amount FROM sales.deals WHERE region = $1 ORDER BY amount DESC LIMIT $2',
  rowsReturned: 10,
  maskedColumns: ['margin_pct'],
  latencyMs: 3.215,
  policyDigest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};
