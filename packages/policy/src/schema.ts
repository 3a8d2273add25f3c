import { SCOPES } from '@causeway/core';
import { z } from 'zod';
import { connection, limits, network, provider } from './schema-outside.ts';

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

const scope = z.enum(SCOPES);
const seconds = z.number().int().positive();

/** A group or role: also the name of a database role and of a claim value's target, hence so narrow. */
export const groupName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower case letters, digits and _');
const clientId = z.string().regex(/^[\w.-]{1,100}$/, 'must be letters, digits, ".", "_" and "-"');
const relation = z
  .string()
  .regex(/^[A-Za-z_]\w{0,62}\.[A-Za-z_]\w{0,62}$/, 'must be written schema.name, in letters, digits and _');
const column = z.string().min(1).max(63);

const role = z.strictObject({
  /** The service principal that stands for the role: on Databricks its application id, on Postgres a database role. */
  principal: z.guid(),
  groups: z.array(groupName).default([]),
  scopes: z.array(scope),
});

const dataset = z.strictObject({
  relation,
  /** Name of the tool's field → column of the relation. */
  columns: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), column),
});

const governedRelation = z.strictObject({
  /** The table behind the governed view, on Postgres. Without it: `<schema>_base.<name>`, which Causeway creates. */
  from: relation.optional(),
  /** Group → `all`, or a predicate over the relation's columns. A group without an entry sees nothing. */
  rows: z.record(groupName, z.string().min(1).max(2000)),
  /** The columns that the governed view shows. Without it: those that datasets name, and the masked ones. */
  columns: z.array(column).min(1).optional(),
  masks: z.record(column, z.strictObject({ visibleTo: z.array(groupName) })).default({}),
});

const client = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  auth: z.enum(['none', 'secret', 'private_key_jwt']).default('none'),
  secretFile: z.string().optional(),
  jwksFile: z.string().optional(),
  grants: z.array(z.enum(['token_exchange', 'authorization_code', 'client_credentials', 'jwt_bearer'])).min(1),
  redirects: z.array(z.url()).default([]),
});

const agent = z.strictObject({
  client: clientId,
  role: groupName,
  mayActFor: z.array(groupName).default([]),
  scopes: z.array(scope),
  /** `user`: each human agrees once. `admin`: the policy's owner agreed for all. */
  consent: z.enum(['user', 'admin']).default('user'),
});

const registration = z.strictObject({
  /** Hosts to which a dynamically registered client may redirect. Empty: there is no dynamic registration. */
  redirectHosts: z.array(z.string().min(1)).default([]),
  /** Hosts whose client ID metadata documents are fetched, and documents that are pinned to a file. */
  metadataHosts: z.array(z.string().min(1)).default([]),
  metadataPins: z.record(z.url(), z.string()).default({}),
  network: network.default('public'),
});

const workspace = z.strictObject({
  issuer: z.url(),
  audience: z.string().min(1),
  network: network.default('public'),
  caFile: z.string().optional(),
  /** Which groups the platform's own people are in. On Databricks the workspace itself knows, and this stays empty. */
  humans: z.record(z.email(), z.array(groupName).min(1)).default({}),
});

const revoked = z.strictObject({
  humans: z.array(z.strictObject({ issuer: z.url(), subject: z.string().min(1) })).default([]),
  agents: z.array(z.string()).default([]),
  tokens: z.array(z.string()).default([]),
  roles: z.array(groupName).default([]),
});

const lifetimes = z.strictObject({
  principalTokenSeconds: seconds.max(900).default(900),
  agentTokenSeconds: seconds.max(300).default(300),
  refreshIdleSeconds: seconds.default(3600),
  refreshAbsoluteSeconds: seconds.default(43_200),
  conversationSeconds: seconds.max(86_400).default(86_400),
});

const idJagIssuer = z.strictObject({
  provider: z.string(),
  /** Clients, as this portal knows them, that may present an assertion of this issuer. */
  clients: z.array(clientId).min(1),
});

/** The policy document as it is written. `checkPolicy` adds what holds between its parts. */
export const policySchema = z.strictObject({
  version: z.literal(1),
  resource: z.url(),
  providers: z.array(provider).min(1),
  precedence: z.array(groupName).default([]),
  roles: z.record(groupName, role),
  tools: z.partialRecord(z.enum(TOOLS), z.array(groupName)),
  datasets: z.record(z.string(), dataset).default({}),
  data: z.record(relation, governedRelation).default({}),
  connections: z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/), connection).default({}),
  workspace: workspace.optional(),
  clients: z.record(clientId, client).default({}),
  agents: z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/), agent).default({}),
  registration: registration.prefault({}),
  idJag: z.array(idJagIssuer).default([]),
  revoked: revoked.prefault({}),
  limits: limits.prefault({}),
  lifetimes: lifetimes.prefault({}),
  retention: z.strictObject({ auditMonths: z.number().int().min(1).default(13) }).prefault({}),
  /** The analyst's semantic model, beside the policy document. */
  semanticModel: z.string().optional(),
});

export type Policy = z.output<typeof policySchema>;
