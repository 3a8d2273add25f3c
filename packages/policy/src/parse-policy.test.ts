import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPolicy, parsePolicy } from './parse-policy.ts';
import { formatProblem, type Problem } from './problem.ts';
import { BASE_POLICY, changedPolicy } from './testing/base-policy.ts';

/** What is replaced in a good policy, and where and how each error that follows is told. */
const REFUSED: readonly (readonly [name: string, from: string, to: string, errors: readonly string[]])[] = [
  ['version of another grammar', 'version: 1', 'version: 2', ['1:10 version: must be 1.']],
  ['no version', 'version: 1\n', '', ['1:1 version: is missing: it must be 1']],
  [
    'unknown section',
    'precedence:',
    'presedence:',
    ['18:1 presedence: there is no setting "presedence" here. Did you mean "precedence"?'],
  ],
  [
    'unknown setting of a provider',
    '    audience: api-1',
    '    audience: api-1\n    audiance: x',
    ['15:5 providers[1].audiance: there is no setting "audiance" here. Did you mean "audience"?'],
  ],
  [
    'unknown tool',
    '  query_audit_log:',
    '  query_audit_logs:',
    ['27:3 tools.query_audit_logs: there is no setting "query_audit_logs" here. Did you mean "query_audit_log"?'],
  ],
  [
    'unknown limit',
    'genieQueriesPerMinute',
    'genieQuestionsPerMinute',
    [
      '82:3 limits.genieQuestionsPerMinute: there is no setting "genieQuestionsPerMinute" here. Did you mean "genieQueriesPerMinute"?',
    ],
  ],
  [
    'number that is text',
    'genieQueriesPerMinute: 5',
    'genieQueriesPerMinute: five',
    ['82:26 limits.genieQueriesPerMinute: must be a number'],
  ],
  [
    'negative number',
    'genieQueriesPerMinute: 5',
    'genieQueriesPerMinute: -5',
    ['82:26 limits.genieQueriesPerMinute: must be more than 0'],
  ],
  [
    'number without end',
    'genieQueriesPerMinute: 5',
    'genieQueriesPerMinute: .inf',
    ['82:26 limits.genieQueriesPerMinute: must be a number'],
  ],
  [
    'fraction',
    'genieQueriesPerMinute: 5',
    'genieQueriesPerMinute: 5.5',
    ['82:26 limits.genieQueriesPerMinute: must be a whole number'],
  ],
  [
    'number too large',
    'genieQueriesPerMinute: 5',
    'genieQueriesPerMinute: 100000000',
    ['82:26 limits.genieQueriesPerMinute: must be at most 1000000'],
  ],
  ['empty setting', 'resource: https://mcp.example/mcp', 'resource:', ['2:10 resource: is empty: it must be text']],
  [
    'list where a map is due',
    '  check_identity: [sales, chief]',
    '  check_identity: sales',
    ['23:19 tools.check_identity: must be a list'],
  ],
  ['resource with a fragment', 'example/mcp', 'example/mcp#x', ['2:11 resource: must have no fragment (RFC 8707 §2)']],
  [
    'resource that is no address',
    'https://mcp.example/mcp',
    'mcp.example/mcp',
    ['2:11 resource: must be an address that begins with https://'],
  ],
  [
    'address with a password',
    'https://acme.example/\n    aud',
    'https://me:secret@acme.example/\n    aud',
    ['6:13 providers[0].issuer: must not hold a user name or password'],
  ],
  [
    'address of a file',
    'issuer: https://workspace.example/oidc',
    'issuer: file:///etc/passwd',
    ['56:11 workspace.issuer: must be an address that begins with https://'],
  ],
  [
    'principal that is no UUID',
    '00000000-0000-4000-8000-000000000001',
    'sales-principal',
    ['20:23 roles.sales.principal: must be a UUID'],
  ],
  [
    'principal of two roles',
    '000000000002',
    '000000000001',
    ['21:23 roles.chief.principal: is the principal of "sales" too: each role needs its own'],
  ],
  [
    'unknown scope',
    'scopes: [sql, genie] }',
    'scopes: [sql, gene] }',
    [
      '20:92 roles.sales.scopes[1]: must be "sql" or "genie" or "serving" or "connections" or "audit". Did you mean "genie"?',
    ],
  ],
  [
    'role name in capitals',
    '  sales: { principal',
    '  Sales: { principal',
    [
      '10:20 providers[0].roles.reps: there is no role "sales".',
      '18:21 precedence[1]: there is no role "sales".',
      '20:3 roles.Sales: this name must be lower case letters, digits and _, beginning with a letter, at most 63',
      '23:20 tools.check_identity[0]: there is no role "sales".',
      '24:24 tools.get_region_summary[0]: there is no role "sales".',
      '25:22 tools.query_sales_data[0]: there is no role "sales".',
      '26:26 tools.query_knowledge_base[0]: there is no role "sales".',
      '39:7 data["sales.deals"].rows.sales: there is no group "sales".',
      '74:54 agents.helper.mayActFor[0]: there is no group "sales".',
    ],
  ],
  [
    'reserved group name',
    'groups: [staff]',
    'groups: [pg_monitor]',
    [
      '20:70 roles.sales.groups[0]: is a name that the database or Causeway keeps for itself: choose another',
      '47:7 data["docs.pages"].rows.staff: there is no group "staff". No role and no human is in it',
      '74:61 agents.helper.mayActFor[1]: there is no group "staff". No role and no human is in it',
    ],
  ],
  [
    'role unknown to a tool',
    'query_audit_log: [chief]',
    'query_audit_log: [cheif]',
    ['27:21 tools.query_audit_log[0]: there is no role "cheif". Did you mean "chief"?'],
  ],
  [
    'role unknown to precedence',
    'precedence: [chief, sales]',
    'precedence: [chief, sales, boss]',
    ['18:28 precedence[2]: there is no role "boss".'],
  ],
  [
    'role twice in precedence',
    'precedence: [chief, sales]',
    'precedence: [chief, sales, chief]',
    ['18:28 precedence[2]: "chief" is here twice: only its first place counts, remove one'],
  ],
  [
    'role unknown to a provider',
    'roles: { Chief: chief }',
    'roles: { Chief: chef }',
    ['17:21 providers[1].roles.Chief: there is no role "chef". Did you mean "chief"?'],
  ],
  [
    'role unknown to an agent',
    'role: chief, may',
    'role: boss, may',
    ['74:35 agents.helper.role: there is no role "boss".'],
  ],
  [
    'group unknown to rows',
    '      staff: audience',
    '      stuff: audience',
    [
      '47:7 data["docs.pages"].rows.stuff: there is no group "stuff". Did you mean "staff"? No role and no human is in it',
    ],
  ],
  [
    'group unknown to a mask',
    'visibleTo: [chief]',
    'visibleTo: [chief, finance]',
    [
      '42:40 data["sales.deals"].masks.margin_pct.visibleTo[1]: there is no group "finance". No role and no human is in it',
    ],
  ],
  [
    'group unknown to a connection',
    'grants: [chief]',
    'grants: [chiefs]',
    [
      '54:14 connections.github.grants[0]: there is no group "chiefs". Did you mean "chief"? No role and no human is in it',
    ],
  ],
  [
    'group unknown to an agent',
    'mayActFor: [sales, staff]',
    'mayActFor: [sales, crowd]',
    ['74:61 agents.helper.mayActFor[1]: there is no group "crowd". No role and no human is in it'],
  ],
  [
    'provider id twice',
    'id: umbra',
    'id: acme',
    [
      '11:9 providers[1].id: provider "acme" has the same id: each provider needs its own',
      '76:17 idJag[0].provider: there is no provider "umbra".',
    ],
  ],
  [
    'issuer twice but for the slash',
    'https://login.example/t-1/v2.0',
    'https://acme.example',
    ['13:13 providers[1].issuer: provider "acme" has the same issuer: each provider needs its own'],
  ],
  [
    'issuer twice but for case',
    'issuer: https://workspace.example/oidc',
    'issuer: https://LOGIN.example/t-1/v2.0',
    ['56:11 workspace.issuer: provider "umbra" has the same issuer: each provider needs its own'],
  ],
  [
    'provider named like the workspace',
    'id: umbra',
    'id: workspace',
    [
      '11:9 providers[1].id: is the name of the platform’s own issuer: choose another',
      '76:17 idJag[0].provider: there is no provider "umbra".',
    ],
  ],
  [
    'Entra without tenant',
    '    tenant: t-1\n',
    '',
    ['12:11 providers[1].kind: Entra signs for every tenant with the same keys: set `tenant` to the directory id'],
  ],
  [
    'Auth0 without role claim',
    '    roleClaim: https://acme.example/roles\n',
    '',
    ['5:11 providers[0].kind: Auth0 has no role claim of its own: set `roleClaim` to the namespaced claim'],
  ],
  [
    'tenant where none can be pinned',
    'kind: entra',
    'kind: oidc',
    [
      '15:13 providers[1].tenant: a provider of kind "oidc" has no tenant claim that could be pinned: remove it, or say the kind',
    ],
  ],
  [
    'unknown kind',
    'kind: entra',
    'kind: azure',
    ['12:11 providers[1].kind: must be "auth0" or "okta" or "entra" or "oidc".'],
  ],
  [
    'issuer with a query',
    'https://login.example/t-1/v2.0',
    'https://login.example/?t=1',
    ['13:13 providers[1].issuer: must have no query and no fragment (RFC 8414 §2)'],
  ],
  [
    'symmetric algorithm',
    '    audience: api-1',
    '    audience: api-1\n    algorithms: [HS256]',
    [
      '15:18 providers[1].algorithms[0]: must be "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512" or "ES256" or "ES384" or "EdDSA". Did you mean "RS256"?',
    ],
  ],
  [
    'network that is no range',
    'network: public',
    'network: everywhere',
    ['52:14 connections.github.network: must be "public" or a list of address ranges such as [10.0.0.0/8]'],
  ],
  [
    'domain with a scheme',
    'emailDomains: [umbra.example]',
    'emailDomains: [https://umbra.example]',
    ['16:20 providers[1].emailDomains[0]: must be a host name in lower case, without scheme, port or path'],
  ],
  [
    'plain http provider',
    'issuer: https://acme.example/',
    'issuer: http://acme.example/',
    ['6:13 providers[0].issuer: must be https: plain http is for loopback only'],
  ],
  [
    'loopback behind a public network',
    'issuer: https://acme.example/',
    'issuer: http://localhost:1/',
    [
      '6:13 providers[0].issuer: is on this machine, but its network is `public`: it could never be reached, set `network`',
    ],
  ],
  [
    'plain http connection',
    'baseUrl: https://',
    'baseUrl: http://',
    ['51:14 connections.github.baseUrl: must be an address that begins with https://'],
  ],
  [
    'connection with a query',
    'https://api.github.example',
    'https://api.github.example?a=b',
    ['51:14 connections.github.baseUrl: must be a plain address: no credentials, query or fragment'],
  ],
  [
    'connection rule without method',
    'allow: [GET /search/*]',
    'allow: [/search/*]',
    ['53:13 connections.github.allow[0]: must be a method and a path below the base, such as GET /search/*'],
  ],
  [
    'connection rule that climbs',
    'allow: [GET /search/*]',
    'allow: [GET /search/../admin]',
    ['53:13 connections.github.allow[0]: must be a method and a path below the base, such as GET /search/*'],
  ],
  [
    'connection without rules',
    'allow: [GET /search/*]',
    'allow: []',
    ['53:5 connections.github.allow: must have at least 1 entry'],
  ],
  [
    'dataset of an unknown relation',
    'relation: docs.pages',
    'relation: docs.page',
    [
      '34:15 datasets.documents.relation: there is no relation "docs.page". Did you mean "docs.pages"? Add it to `data`',
    ],
  ],
  [
    'dataset column that is not shown',
    'source: source }',
    'source: origin }',
    ['35:67 datasets.documents.columns.source: there is no column "origin". `columns` of docs.pages does not show it'],
  ],
  [
    'masked column that is not shown',
    '      chief: all\nconnections',
    '      chief: all\n    masks: { secret: { visibleTo: [chief] } }\nconnections',
    [
      '49:14 data["docs.pages"].masks.secret: there is no column "secret". `columns` does not show it, so there is nothing to mask',
    ],
  ],
  [
    'view in a schema of Causeway’s own',
    'data:\n',
    'data:\n  causeway.deals: { rows: { chief: all }, columns: [id] }\n',
    ['37:3 data["causeway.deals"]: the schema causeway is not for governed views'],
  ],
  [
    'audit trail over another table',
    'data:\n',
    'data:\n  audit.tool_calls: { from: app.calls, rows: { chief: all }, columns: [id] }\n',
    ['37:23 data["audit.tool_calls"].from: is the audit trail: say `from: audit_base.tool_calls`'],
  ],
  [
    'catalog behind a view',
    'from: app.pages',
    'from: pg_catalog.pg_authid',
    ['44:5 data["docs.pages"].from: what is in the schema pg_catalog is not to be shown'],
  ],
  [
    'hidden column in the list',
    'columns: [id, title',
    'columns: [id, ctid, title',
    ['45:19 data["docs.pages"].columns[1]: "ctid" is no column of a table'],
  ],
  [
    'hidden column in a dataset',
    'stage: stage',
    'stage: xmin',
    ['32:112 datasets.deals.columns.stage: "xmin" is no column of a table'],
  ],
  [
    'hidden column under a mask',
    'margin_pct: { visibleTo',
    'tableoid: { visibleTo',
    ['42:7 data["sales.deals"].masks.tableoid: "tableoid" is no column of a table'],
  ],
  [
    'column twice',
    'columns: [id, title',
    'columns: [id, id, title',
    ['45:19 data["docs.pages"].columns[1]: "id" is here twice: remove one'],
  ],
  [
    'relation that shows no column',
    'data:\n',
    'data:\n  sales.empty: { rows: { chief: all } }\n',
    ['37:3 data["sales.empty"]: shows no column: set `columns`, or name it in a dataset'],
  ],
  [
    'relation without a schema',
    '  docs.pages:\n    from',
    '  pages:\n    from',
    [
      '34:15 datasets.documents.relation: there is no relation "docs.pages". Add it to `data`',
      '43:3 data.pages: this name must be written schema.name, in letters, digits and _',
    ],
  ],
  [
    'table behind a relation is the relation',
    'from: app.pages',
    'from: docs.pages',
    ['44:11 data["docs.pages"].from: is the relation itself: the governed view and its table need two names'],
  ],
  [
    'table behind a relation is governed itself',
    'from: app.pages',
    'from: sales.deals',
    ['44:11 data["docs.pages"].from: sales.deals is itself a governed relation: name the table behind it'],
  ],
  [
    'schema too long for its table',
    'data:\n',
    `data:\n  ${'s'.repeat(60)}.t: { columns: [a], rows: { chief: all } }\n`,
    [`37:3 data["${'s'.repeat(60)}.t"]: the name of its schema is too long for "_base" to be added: set \`from\``],
  ],
  [
    'all in capitals',
    '      chief: all\n    masks',
    '      chief: ALL\n    masks',
    ['40:14 data["sales.deals"].rows.chief: must be written `all`, in lower case and without spaces'],
  ],
  [
    'condition that is no SQL',
    "region = 'WEST'",
    "region = = 'WEST'",
    [
      '39:14 data["sales.deals"].rows.sales: cannot be a row condition: syntax error at or near "=" (character 10 of the condition)',
    ],
  ],
  [
    'condition with a second statement',
    "region = 'WEST'",
    'true; DROP TABLE x',
    [
      '39:14 data["sales.deals"].rows.sales: cannot be a row condition: a semicolon: one condition, no statements (character 5 of the condition)',
    ],
  ],
  [
    'condition with a function',
    "region = 'WEST'",
    'pg_sleep(1) IS NULL',
    [
      '39:14 data["sales.deals"].rows.sales: cannot be a row condition: a function other than lower, upper, coalesce and current_date (character 1 of the condition)',
    ],
  ],
  [
    'condition too long',
    "region = 'WEST'",
    `region = '${'x'.repeat(2001)}'`,
    ['39:14 data["sales.deals"].rows.sales: must have at most 2000 characters'],
  ],
  [
    'human in capitals',
    'olivia@',
    'Olivia@',
    ['59:5 workspace.humans["Olivia@causeway.example"]: must be in lower case: e-mails are compared so'],
  ],
  [
    'human without e-mail',
    'olivia@causeway.example',
    'olivia',
    ['59:5 workspace.humans.olivia: this name must be an e-mail address'],
  ],
  [
    'human in no group',
    'example: [chief]\nclients',
    'example: []\nclients',
    ['59:5 workspace.humans["olivia@causeway.example"]: must have at least 1 entry'],
  ],
  [
    'client without its secret',
    '    secretFile: /run/secrets/helper\n',
    '',
    ['65:3 clients.helper: with `auth: secret` it must have `secretFile`'],
  ],
  [
    'client without its keys',
    '    jwksFile: /etc/causeway/partner.json\n',
    '',
    ['69:3 clients.partner: with `auth: private_key_jwt` it must have `jwksFile`'],
  ],
  [
    'public client with a secret',
    'portal: { grants',
    'portal: { secretFile: x, grants',
    ['61:25 clients.portal.secretFile: is not used with `auth: none`: remove it'],
  ],
  [
    'public client with client credentials',
    'portal: { grants: [token_exchange]',
    'portal: { grants: [client_credentials]',
    [
      '61:13 clients.portal.grants: a public client has no credentials (RFC 6749 §4.4): set `auth`, or remove `client_credentials`',
    ],
  ],
  [
    'public client with an assertion',
    '    auth: private_key_jwt\n    jwksFile: /etc/causeway/partner.json\n',
    '',
    [
      '70:5 clients.partner.grants: an identity assertion is bound to a client that proves itself: set `auth`, or remove `jwt_bearer`',
    ],
  ],
  [
    'code grant without redirect',
    '    redirects: [https://host.example/callback]\n',
    '',
    ['62:3 clients.agent-host: `authorization_code` needs at least one of `redirects`'],
  ],
  [
    'redirect with a fragment',
    'example/callback',
    'example/callback#x',
    ['64:17 clients.agent-host.redirects[0]: must have no fragment (RFC 6749 §3.1.2)'],
  ],
  [
    'redirect with a star',
    'example/callback',
    'example/*',
    [
      '64:17 clients.agent-host.redirects[0]: must be written out: redirects are matched exactly, "*" stands for nothing',
    ],
  ],
  [
    'redirect over plain http',
    'https://host.example',
    'http://host.example',
    ['64:17 clients.agent-host.redirects[0]: plain http is for loopback only (RFC 8252 §7.3): use https'],
  ],
  [
    'redirect to a script',
    'https://host.example/callback',
    '"javascript:alert(1)"',
    ['64:17 clients.agent-host.redirects[0]: a scheme of one’s own must be a reversed domain name (RFC 8252 §7.1)'],
  ],
  [
    'agent of an unknown client',
    'client: helper,',
    'client: helpr,',
    ['74:21 agents.helper.client: there is no client "helpr". Did you mean "helper"?'],
  ],
  [
    'agent of a public client',
    'client: helper,',
    'client: portal,',
    [
      '74:21 agents.helper.client: the client "portal" is public: an agent must prove itself, set its `auth`',
      '74:21 agents.helper.client: the client "portal" must have the grant `client_credentials`',
    ],
  ],
  [
    'agent whose client may not act for others',
    '[client_credentials, token_exchange]',
    '[client_credentials]',
    ['74:21 agents.helper.client: to act for somebody, the client "helper" must have the grant `token_exchange`'],
  ],
  [
    'agent whose client gets people’s own tokens',
    '[client_credentials, token_exchange]',
    '[client_credentials, token_exchange, authorization_code, jwt_bearer]\n    redirects: ["https://app.example/cb"]',
    [
      'agents.helper.client: the client "helper" must not have the grant `authorization_code`: that token would be the person’s own, without the agent’s limits',
      'agents.helper.client: the client "helper" must not have the grant `jwt_bearer`: that token would be the person’s own, without the agent’s limits',
    ],
  ],
  [
    'two agents with one client',
    'agents:\n',
    'agents:\n  other: { client: helper, role: chief, scopes: [sql] }\n',
    ['75:21 agents.helper.client: is the client of agent "other" too: each agent needs its own'],
  ],
  [
    'platform client without a key',
    '  portal:',
    '  causeway-mcp:',
    ['61:3 clients.causeway-mcp: speaks for every caller to the platform: it must use `auth: private_key_jwt`'],
  ],
  [
    'ID-JAG of an unknown provider',
    'provider: umbra,',
    'provider: umbrella,',
    ['76:17 idJag[0].provider: there is no provider "umbrella".'],
  ],
  [
    'ID-JAG for an unknown client',
    'clients: [partner]',
    'clients: [partners]',
    ['76:34 idJag[0].clients[0]: there is no client "partners". Did you mean "partner"?'],
  ],
  [
    'ID-JAG for a client without the grant',
    'clients: [partner]',
    'clients: [portal]',
    ['76:34 idJag[0].clients[0]: the client "portal" must have the grant `jwt_bearer`'],
  ],
  [
    'dynamic registration to an address',
    'limits:',
    'registration: { redirectHosts: ["https://x.example"] }\nlimits:',
    ['81:33 registration.redirectHosts[0]: must be a host name in lower case, without scheme, port or path'],
  ],
  [
    'principal token that lives too long',
    'limits:',
    'lifetimes: { principalTokenSeconds: 901 }\nlimits:',
    ['81:37 lifetimes.principalTokenSeconds: must be at most 900'],
  ],
  [
    'key twice',
    '  check_identity: [sales, chief]',
    '  check_identity: [sales]\n  check_identity: [chief]',
    ['24:3 tools.check_identity: this key is here twice: remove one'],
  ],
  ['section twice', 'limits:', 'roles: {}\nlimits:', ['81:1 roles: this key is here twice: remove one']],
  [
    'anchor and alias',
    'check_identity: [sales, chief]\n  get_region_summary: [sales, chief]',
    'check_identity: &all [sales, chief]\n  get_region_summary: *all',
    [
      '23:24 tools.check_identity: anchors (&name) are not allowed: write it out',
      '24:23 tools.get_region_summary: aliases (*name) are not allowed: write it out',
    ],
  ],
  [
    'merge key',
    '  chief: { principal',
    '  chief: { "<<": { a: 1 }, principal',
    ['21:12 roles.chief["<<"]: there is no setting "<<" here.'],
  ],
  ['tab', '  check_identity:', '\tcheck_identity:', ['23:1 : there is a tab here: use spaces']],
  [
    'second document',
    'precedence:',
    '---\nprecedence:',
    ['18:1 : a second YAML document begins here: a policy is one document'],
  ],
  [
    'tag',
    'audience: api-1',
    'audience: !!str api-1',
    ['14:21 providers[1].audience: tags (tag:yaml.org,2002:str) are not allowed'],
  ],
  [
    'key that is a number',
    'roles: { Chief: chief }',
    'roles: { 7: chief }',
    ['17:14 providers[1].roles["7"]: a key must be text: write "7" in quotes'],
  ],
  [
    'prototype key',
    'roles: { Chief: chief }',
    'roles: { __proto__: chief }',
    ['17:14 providers[1].roles.__proto__: "__proto__" may not be a name here'],
  ],
  [
    'constructor as a name',
    'roles: { Chief: chief }',
    'roles: { constructor: chief }',
    ['17:14 providers[1].roles.constructor: "constructor" may not be a name here'],
  ],
  [
    'constructor as a value',
    'role: chief, may',
    'role: constructor, may',
    ['74:35 agents.helper.role: there is no role "constructor".'],
  ],
  [
    'invisible character',
    'audience: api-1',
    'audience: "api\u202E-1"',
    ['14:19 : there is an invisible character here: remove it'],
  ],
  [
    'control character',
    'audience: api-1',
    'audience: "api\\u001b[2J"',
    ['14:15 providers[1].audience: must be one line of text'],
  ],
  [
    'bracket that does not close',
    'precedence: [chief, sales]',
    'precedence: [chief, sales',
    ['19:1 : is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ],
  [
    'agent name in capitals',
    'agents:\n  helper:',
    'agents:\n  Helper:',
    ['74:3 agents.Helper: this name must be lower case letters, digits, "_" and "-", beginning with a letter'],
  ],
  [
    'client id with a space',
    '  portal:',
    '  "por tal":',
    ['61:3 clients["por tal"]: this name must be letters, digits, ".", "_" and "-"'],
  ],
  ['empty text', 'audience: api-1', 'audience: ""', ['14:15 providers[1].audience: must not be empty']],
  [
    'relation with a dash',
    'relation: docs.pages',
    'relation: docs.my-pages',
    ['34:15 datasets.documents.relation: must be written schema.name, in letters, digits and _'],
  ],
  [
    'network of no range',
    'network: public',
    'network: []',
    ['52:5 connections.github.network: must have at least 1 entry'],
  ],
  [
    'lifetime of years',
    'limits:',
    'lifetimes: { refreshIdleSeconds: 99999999 }\nlimits:',
    ['81:34 lifetimes.refreshIdleSeconds: must be at most 31536000'],
  ],
  [
    'map as a key',
    'roles: { Chief: chief }',
    'roles: { {a: 1}: chief }',
    ['17:14 providers[1].roles: a key must be plain text'],
  ],
  [
    'column type that is SQL',
    'columns: [id, title',
    'types: { id: "INT; DROP" }\n    columns: [id, title',
    ['45:18 data["docs.pages"].types.id: must be a simple Databricks type'],
  ],
];

const told = ({ line, column, path, message }: Problem) => `${line}:${column} ${path}: ${message}`;

const errorsOf = async (text: string, production = false) => {
  const result = await checkPolicy(text, { file: 'policy.yaml', production });
  return result.problems.filter(({ severity }) => severity === 'error').map(told);
};

const warningsOf = async (text: string) => {
  const result = await checkPolicy(text, { file: 'policy.yaml' });
  expect(result.ok).toBe(true);
  return result.problems.map(told);
};

test('a good policy has no problem, in production either', async () => {
  expect(await checkPolicy(BASE_POLICY, { file: 'p', production: true })).toMatchObject({ ok: true, problems: [] });
});

test.each(REFUSED)('refuses, with its place: %s', async (_name, from, to, expected) => {
  const errors = await errorsOf(changedPolicy([from, to]));
  expect(errors).toHaveLength(expected.length);
  errors.forEach((error, index) => expect(error).toContain(expected[index]));
});

test('names everything that is wrong at once, in the order of the lines', async () => {
  const text = changedPolicy(
    ['version: 1', 'version: 3'],
    ['precedence: [chief, sales]', 'precedence: [boss]'],
    ["region = 'WEST'", 'pg_sleep(1) IS NULL'],
    ['client: helper,', 'client: nobody,'],
    ['limits:', 'limit:'],
  );
  expect((await errorsOf(text)).map((error) => error.split(':')[0])).toEqual(['1', '18', '39', '74', '81']);
});

test.each([
  [
    'precedence: [chief, sales]',
    'precedence: []',
    '10:5 providers[0].roles: who has several of these roles is refused',
  ],
  [
    'https://acme.example/\n    aud',
    'https://acme.example\n    aud',
    '6:13 providers[0].issuer: issuers of kind "auth0" end with "/"',
  ],
  ['example/t-1/v2.0', 'example/t-1/v2.0/', '13:13 providers[1].issuer: issuers of kind "entra" do not end with "/"'],
  ['roles: { Chief: chief }', 'roles: {}', '17:5 providers[1].roles: no claim means a role'],
  [
    'emailDomains: [umbra',
    'emailDomains: [causeway.example, umbra',
    '59:5 workspace.humans["olivia@causeway.example"]: provider "umbra" may',
  ],
  [
    '  humans:\n    olivia@causeway.example: [chief]',
    '  admits: everybody',
    '58:11 workspace.admits: on Databricks everybody is let in whom the workspace gives a token',
  ],
  [
    '  humans:\n    olivia@causeway.example: [chief]',
    '  admits: named',
    '55:1 workspace: none of the platform’s own people is let in',
  ],
  [
    'emailDomains: [umbra',
    'emailDomains: [acme.example, umbra',
    '16:20 providers[1].emailDomains[0]: provider "acme" may',
  ],
  [
    'query_knowledge_base: [sales]',
    'query_knowledge_base: [sales]\n  ask_supervisor: [sales]',
    'does not have the scope "serving"',
  ],
  [
    '  documents:',
    '  papers:',
    '26:3 tools.query_knowledge_base: will not be listed: the policy lacks the dataset "documents"',
  ],
  ['  documents:', '  papers:', '33:3 datasets.papers: there is no tool that reads the dataset "papers"'],
  [
    ', body: body',
    '',
    '26:3 tools.query_knowledge_base: will not be listed: the policy lacks in the dataset "documents" the fields body',
  ],
  ["      staff: audience = 'everyone'\n", '', 'tools.query_knowledge_base[0]: "sales" gets nothing from it'],
  ['grants: [chief]', 'grants: [sales]', '28:19 tools.github_search[0]: "chief" cannot use it'],
  [
    '      margin_pct: { visibleTo',
    '      margin: { visibleTo',
    '42:7 data["sales.deals"].masks.margin: no dataset names this column: people see it because it is masked here.',
  ],
  [
    '      margin_pct: { visibleTo',
    '      margin_pc: { visibleTo',
    'people see it because it is masked here. Did you mean "margin_pct"?',
  ],
  [
    'groups: [staff]',
    'groups: [staff, crowd]',
    '20:77 roles.sales.groups[1]: there is no role "crowd". Nothing is given to this group',
  ],
  ['visibleTo: [chief]', 'visibleTo: []', '42:7 data["sales.deals"].masks.margin_pct: nobody reads the real value'],
  [
    'from: app.pages',
    'from: sales_base.deals',
    '44:11 data["docs.pages"].from: the relation sales.deals shows the same table',
  ],
  [
    'role: chief, mayActFor: [sales, staff], scopes: [sql]',
    'role: sales, scopes: [sql, audit]',
    'agents.helper.scopes[1]: is never given',
  ],
  [
    'issuer: https://acme.example/, subject',
    'issuer: https://acme.example, subject',
    'the revocation holds for nobody',
  ],
  ['  agents: []', '  agents: [helpr]', '79:12 revoked.agents[0]: there is no agent "helpr". Did you mean "helper"?'],
  [
    'data:\n',
    'data:\n  a.b: { columns: [x], rows: {} }\n',
    '37:24 data["a.b"].rows: nobody sees a row of this relation',
  ],
  [
    'idJag:\n  - { provider: umbra, clients: [partner] }\n',
    '',
    '72:5 clients.partner.grants: `jwt_bearer` opens nothing',
  ],
  ['  roles: []', '  roles: [sale]', '80:11 revoked.roles[0]: there is no role "sale". Did you mean "sales"?'],
  [
    'grants: [jwt_bearer]',
    'grants: [jwt_bearer]\n    redirects: [https://a.example/]',
    'clients.partner.redirects: are not used',
  ],
])('warns, and accepts: %j as %j', async (from, to, expected) => {
  expect((await warningsOf(changedPolicy([from, to]))).join('\n')).toContain(expected);
});

test.each([
  [
    'resource: https://mcp.example/mcp',
    'resource: http://127.0.0.1:8701/mcp',
    ['2:11 resource: must be https', '2:11 resource: is on this machine'],
  ],
  [
    'issuer: https://acme.example/\n',
    'issuer: https://127.1/\n    network: [127.0.0.0/8]\n',
    ['6:13 providers[0].issuer: is on', '7:15 providers[0].network[0]: 127.0.0.0/8 holds'],
  ],
  ['network: public', 'network: [0.0.0.0/0]', ['52:15 connections.github.network[0]: 0.0.0.0/0 holds loopback']],
  ['network: public', 'network: [10.0.0.0/8, "::/0"]', ['52:27 connections.github.network[1]: ::/0 holds loopback']],
  ['https://api.github.example', 'https://[::1]', ['51:14 connections.github.baseUrl: is on this machine']],
  ['https://api.github.example', 'https://localhost.', ['51:14 connections.github.baseUrl: is on this machine']],
  [
    'https://host.example/callback',
    'http://127.0.0.1/callback',
    ['64:17 clients.agent-host.redirects[0]: must be https', '64:17 clients.agent-host.redirects[0]: is on'],
  ],
  [
    'secretFile: /run/secrets/helper',
    'secretFile: ../.causeway/helper',
    ['67:17 clients.helper.secretFile: lies under .causeway/'],
  ],
  [
    'jwksFile: /etc/causeway/partner.json',
    'jwksFile: .causeway/x',
    ['71:15 clients.partner.jwksFile: lies under .causeway/'],
  ],
  [
    'network: public',
    'caFile: /a/.causeway/ca.pem\n    credentialFile: .causeway/c',
    ['52:13 connections.github.caFile', '53:21 connections.github.credentialFile'],
  ],
])('production refuses what a local stack may have: %j as %j', async (from, to, expected) => {
  const text = changedPolicy([from, to]);
  const errors = await errorsOf(text, true);
  for (const error of expected) expect(errors.join('\n')).toContain(error);
});

test.each([
  ['10 MB', 'x\n'.repeat(5_000_000), 'is larger than 1 MiB'],
  ['a line without end', `a: "${'x'.repeat(30_000)}"`, 'this line is longer than 20000 characters'],
  ['400,000 brackets', '[\n'.repeat(400_000), 'is nested more than 32 levels deep'],
  ['a line of list marks', '- '.repeat(9000), 'is nested more than 32 levels deep'],
  ['a line of key marks', '? '.repeat(9000), 'is nested more than 32 levels deep'],
  [
    '1,400 maps in one another',
    Array.from({ length: 1400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    'error: ',
  ],
  [
    '20,000 keys',
    Array.from({ length: 20_000 }, (_, key) => `k${key}: [a]`).join('\n'),
    'and 19900 more unknown settings',
  ],
  ['20,000 times one key', 'k: [a]\n'.repeat(20_000), 'this key is here twice'],
])(
  'refuses %s before it costs anything',
  async (_name, text, expected) => {
    const before = process.threadCpuUsage();
    const result = await checkPolicy(text, { file: 'policy.yaml' });
    const { user, system } = process.threadCpuUsage(before);
    expect(result.ok).toBe(false);
    expect(result.problems.map(formatProblem).join('\n')).toContain(expected);
    expect(user + system).toBeLessThan(2_500_000);
  },
  30_000,
);

test('deep brackets are refused before the parser is asked', async () => {
  const before = process.threadCpuUsage();
  await checkPolicy('[\n'.repeat(400_000), { file: 'policy.yaml' });
  const { user, system } = process.threadCpuUsage(before);
  expect(user + system).toBeLessThan(300_000);
});

test('a warning that may be the shadow of an error is not told', async () => {
  const { problems } = await checkPolicy(changedPolicy(['precedence:', 'presedence:']), { file: 'p' });
  expect(problems.map(({ severity, path }) => [severity, path])).toEqual([['error', 'presedence']]);
});

test('what stands in the document cannot forge a line of the report', async () => {
  const { problems } = await checkPolicy(changedPolicy(['version: 1', '"ver\\nsion\\e[2J": 1']), { file: 'p' });
  for (const problem of problems) expect(formatProblem(problem)).not.toMatch(/\p{Cc}/u);
});

test('garbage is refused by an answer, never by throwing', async () => {
  const line = fc.oneof(fc.string(), fc.constantFrom(...BASE_POLICY.split('\n')), fc.string({ unit: 'binary' }));
  const mangled = fc.tuple(fc.nat(BASE_POLICY.length), fc.nat(40), fc.string()).map(([at, length, put]) => {
    return BASE_POLICY.slice(0, at) + put + BASE_POLICY.slice(at + length);
  });
  const documents = fc.oneof(
    mangled,
    fc.array(line).map((lines) => lines.join('\n')),
    fc.jsonValue().map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(documents, async (text) => {
      const result = await checkPolicy(text, { file: 'p' });
      expect(result.ok || result.problems.some(({ severity }) => severity === 'error')).toBe(true);
      for (const { line: number, column } of result.problems) expect(Math.min(number, column)).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
}, 30_000);

test('refuses what cannot be written as governance', async () => {
  const errors = await errorsOf(changedPolicy(['olivia@', 'pg_olivia@']));
  expect(errors).toEqual([expect.stringContaining('cannot be database roles: pg_olivia@causeway.example (reserved)')]);
});

test('parsePolicy throws config_invalid with every problem', async () => {
  const refused = parsePolicy(changedPolicy(['version: 1', 'version: 3'], ['limits:', 'limit:']), { file: 'p.yaml' });
  await expect(refused).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/p\.yaml:1:10.*\n.*p\.yaml:81:1/),
  });
});
