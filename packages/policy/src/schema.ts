import { SCOPES } from '@causeway/core';
import { z } from 'zod';
import { client, connection, idJagIssuer, limits, provider, registration } from './schema-outside.ts';
import {
  caFile,
  clientId,
  columnName,
  columnType,
  fileName,
  groupName,
  network,
  relationName,
  seconds,
  setOf,
  shortName,
  text,
  webUrl,
} from './schema-values.ts';
import { TOOLS } from './tools.ts';

const scope = z.enum(SCOPES);

const role = z.strictObject({
  principal: z
    .guid({ error: 'must be a UUID' })
    .describe(
      'The service principal that stands for the role: its application id on Databricks, a database role on Postgres.',
    ),
  groups: setOf(groupName)
    .default([])
    .describe('Groups that it is in. The group of the role’s own name is always among them.'),
  scopes: setOf(scope).describe('The most that a token of this role may open.'),
});

const dataset = z.strictObject({
  relation: relationName.describe('A relation of `data`.'),
  columns: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower case letters, digits and _'), columnName)
    .describe('Field of the tool’s answer → column of the relation.'),
});

const governedRelation = z.strictObject({
  from: relationName
    .optional()
    .describe(
      'The table behind the governed view. Without it: on Postgres `<schema>_base.<name>`, which Causeway creates; on Databricks the table of this name itself, with a row filter and masks.',
    ),
  rows: z
    .record(groupName, text)
    .describe('Group → `all`, or a condition over the relation’s columns. A group without an entry sees nothing.'),
  columns: z
    .array(columnName)
    .min(1)
    .max(1600)
    .optional()
    .describe('The columns that people see, and no others. Without it: those that datasets name, and the masked ones.'),
  masks: z
    .record(columnName, z.strictObject({ visibleTo: setOf(groupName).describe('Groups that read the real value.') }))
    .default({})
    .describe('Columns that read as empty for everybody else.'),
  types: z
    .record(columnName, columnType)
    .optional()
    .describe('Databricks types of columns, where masks and row conditions need them. Postgres knows its own.'),
});

const agent = z.strictObject({
  client: clientId.describe('The confidential client that the agent signs in with.'),
  role: groupName.describe('What it may do alone, and the most that it may do for somebody.'),
  mayActFor: setOf(groupName).default([]).describe('Groups whose people it may work for.'),
  scopes: setOf(scope).describe('The most that its tokens may open.'),
  consent: z
    .enum(['user', 'admin'])
    .default('user')
    .describe(
      '`user`: each human agrees, to what it may have then. `admin`: the policy’s owner agreed for who said nothing.',
    ),
});

const workspace = z.strictObject({
  issuer: webUrl.describe('Issuer of the platform’s own user tokens.'),
  audience: text.describe('What their `aud` must be or contain.'),
  network: network.default('public'),
  caFile: caFile.optional(),
  humans: z
    .record(z.email({ error: 'must be an e-mail address' }).max(254), setOf(groupName).min(1))
    .default({})
    .describe(
      'The platform’s own people, and which groups they are in. On Databricks the workspace itself knows the groups.',
    ),
  admits: z
    .enum(['named', 'everybody'])
    .default('named')
    .describe(
      'Who of the platform’s own people is let in: those in `humans`, or, on Databricks, everybody whom the workspace gives a token.',
    ),
});

const revoked = z.strictObject({
  humans: setOf(
    z.strictObject({
      issuer: webUrl.describe('The `iss` that proved them.'),
      subject: text.describe('Their `sub` there.'),
    }),
  )
    .default([])
    .describe('People, by `iss` and `sub`.'),
  agents: setOf(shortName).default([]).describe('Agents, by name.'),
  tokens: setOf(text.max(200)).default([]).describe('Tokens, by `jti`.'),
  roles: setOf(groupName).default([]).describe('Roles: nobody has them until this line is gone.'),
});

const lifetimes = z.strictObject({
  principalTokenSeconds: seconds.max(900).default(900).describe('The token that the MCP server accepts.'),
  agentTokenSeconds: seconds.max(300).default(300).describe('The token by which an agent says who it is.'),
  refreshIdleSeconds: seconds.default(3600).describe('A refresh token that nobody uses ends after this.'),
  refreshAbsoluteSeconds: seconds.default(43_200).describe('No sign-in lasts longer than this.'),
  conversationSeconds: seconds.max(86_400).default(86_400).describe('How long a conversation handle can be taken up.'),
});

const retention = z.strictObject({
  auditMonths: z.number().int().min(1).max(1200).default(13).describe('How many months of the audit trail are kept.'),
});

/** The policy document as it is written. `checkPolicy` adds what holds between its parts. */
export const policySchema = z.strictObject({
  version: z.literal(1).describe('Version of this grammar.'),
  resource: webUrl
    .refine((url) => !url.includes('#'), { error: 'must have no fragment (RFC 8707 §2)' })
    .describe('The MCP endpoint, as the audience of principal tokens.'),
  providers: z.array(provider).min(1).max(100).describe('Who proves people, in the order of the sign-in page.'),
  precedence: z
    .array(groupName)
    .max(1000)
    .default([])
    .describe('When somebody’s claims mean several roles, the first one here counts. Without it that is refused.'),
  roles: z.record(groupName, role).describe('What outside people and agents can be.'),
  tools: z.partialRecord(z.enum(TOOLS), setOf(groupName)).describe('Tool → roles that may call it.'),
  datasets: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower case letters, digits and _'), dataset)
    .default({})
    .describe('What the tools read: `deals` and `documents`. A tool without its dataset is not listed.'),
  data: z
    .record(relationName, governedRelation)
    .default({})
    .describe('Rows and columns by group. The engine enforces it.'),
  connections: z.record(shortName, connection).default({}).describe('Outside APIs behind a name.'),
  workspace: workspace.optional().describe('The data platform’s own people, who come through the on-behalf-of header.'),
  clients: z.record(clientId, client).default({}).describe('OAuth clients of the portal.'),
  agents: z.record(shortName, agent).default({}).describe('Programs that act alone or for somebody.'),
  registration: registration.prefault({}).describe('Clients that are not listed here.'),
  idJag: setOf(idJagIssuer).default([]).describe('Issuers of identity assertions (ID-JAG).'),
  revoked: revoked.prefault({}).describe('Who and what is out, from the next call on.'),
  limits: limits.prefault({}).describe('How much one caller may ask for.'),
  lifetimes: lifetimes.prefault({}).describe('How long things last.'),
  retention: retention.prefault({}).describe('How long things are kept.'),
  semanticModel: fileName.optional().describe('The analyst’s semantic model.'),
});

export type Policy = z.output<typeof policySchema>;

export type Provider = Policy['providers'][number];
