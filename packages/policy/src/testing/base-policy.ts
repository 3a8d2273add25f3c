/** A policy with one of everything and no warning. Tests change one thing in it, and expect one complaint. */
export const BASE_POLICY = `version: 1
resource: https://mcp.example/mcp
providers:
  - id: acme
    kind: auth0
    issuer: https://acme.example/
    audience: https://causeway.example/api
    emailDomains: [acme.example]
    roleClaim: https://acme.example/roles
    roles: { reps: sales, chiefs: chief }
  - id: umbra
    kind: entra
    issuer: https://login.example/t-1/v2.0
    audience: api-1
    tenant: t-1
    emailDomains: [umbra.example]
    roles: { Chief: chief }
precedence: [chief, sales]
roles:
  sales: { principal: 00000000-0000-4000-8000-000000000001, groups: [staff], scopes: [sql, genie] }
  chief: { principal: 00000000-0000-4000-8000-000000000002, scopes: [sql, genie, serving, connections, audit] }
tools:
  check_identity: [sales, chief]
  get_region_summary: [sales, chief]
  query_sales_data: [sales, chief]
  query_knowledge_base: [sales]
  query_audit_log: [chief]
  github_search: [chief]
datasets:
  deals:
    relation: sales.deals
    columns: { deal_id: id, region: region, customer: customer, rep_email: rep_email, product: product, stage: stage, amount: amount, margin_pct: margin_pct, closed_on: closed_on }
  documents:
    relation: docs.pages
    columns: { document_id: id, title: title, body: body, source: source }
data:
  sales.deals:
    rows:
      sales: region = 'WEST'
      chief: all
    masks:
      margin_pct: { visibleTo: [chief] }
  docs.pages:
    from: app.pages
    columns: [id, title, body, source]
    rows:
      staff: audience = 'everyone'
      chief: all
connections:
  github:
    baseUrl: https://api.github.example
    network: public
    allow: [GET /search/*]
    grants: [chief]
workspace:
  issuer: https://workspace.example/oidc
  audience: workspace
  humans:
    olivia@causeway.example: [chief]
clients:
  portal: { grants: [token_exchange] }
  agent-host:
    grants: [authorization_code]
    redirects: [https://host.example/callback]
  helper:
    auth: secret
    secretFile: /run/secrets/helper
    grants: [client_credentials, token_exchange]
  partner:
    auth: private_key_jwt
    jwksFile: /etc/causeway/partner.json
    grants: [jwt_bearer]
agents:
  helper: { client: helper, role: chief, mayActFor: [sales, staff], scopes: [sql] }
idJag:
  - { provider: umbra, clients: [partner] }
revoked:
  humans: [{ issuer: https://acme.example/, subject: auth0|9 }]
  agents: []
  roles: []
limits:
  genieQueriesPerMinute: 5
`;

/** The base with some of its text replaced. Throws when that text is not there, so that no test tests nothing. */
export function changedPolicy(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the base policy has no ${JSON.stringify(from)}`);
    return text.replace(from, () => to);
  }, BASE_POLICY);
}
