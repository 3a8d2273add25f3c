import { z } from 'zod';
import { TOOLS } from './tools.ts';
import {
  caFile,
  clientId,
  count,
  fileName,
  groupName,
  hostName,
  network,
  setOf,
  shortName,
  text,
  webUrl,
} from './schema-values.ts';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'] as const;

/** A party that proves people: how it is reached, and how its claims become roles. */
export const provider = z.strictObject({
  id: shortName.describe('Name of the provider, in addresses and in the audit trail.'),
  kind: z
    .enum(['auth0', 'okta', 'entra', 'oidc'])
    .describe('Says where the claims are, and which one pins the tenant.'),
  issuer: webUrl.describe('Exactly the `iss` of its tokens. Its keys are fetched from here and from nowhere else.'),
  audience: text.describe('What the `aud` of a subject token must be or contain.'),
  emailDomains: setOf(hostName)
    .default([])
    .describe('E-mails of these domains count; others are dropped, since nobody’s provider may assert other people.'),
  network: network.default('public'),
  caFile: caFile.optional(),
  algorithms: setOf(z.enum(ALGORITHMS))
    .min(1)
    .optional()
    .describe('Signature algorithms that are accepted: asymmetric ones only.'),
  maxAgeSeconds: count.max(86_400).default(3600).describe('How old a subject token may be, counted from its `iat`.'),
  tenant: text.optional().describe('What Entra’s `tid`, Auth0’s `org_id` or Okta’s `cid` must be. Entra must have it.'),
  roleClaim: text
    .optional()
    .describe(
      'Claim with the roles. Okta: `groups`. Entra and plain OIDC: `roles`. Auth0 has none by itself: name it.',
    ),
  emailClaim: text.optional().describe('Claim with the e-mail, where it is not the usual one of the kind.'),
  roles: z.record(text.max(500), groupName).describe('Value of the role claim → role.'),
  client: z
    .strictObject({
      id: text.describe('Our client id at the provider.'),
      secretFile: fileName.describe('File with its secret.'),
    })
    .optional()
    .describe('Our client at the provider, for sign-in by browser. Without it people come by token exchange only.'),
});

const connectionRule = z
  .string()
  .max(500)
  .regex(
    /^(GET|POST|PUT|PATCH|DELETE) \/(?!\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\s?#\\%]*$/,
    'must be a method and a path below the base, such as GET /search/*',
  );

/** An outside API behind a name. The credential stays here: no tool sees it. */
export const connection = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https$/, error: 'must be an address that begins with https://' })
    .refine((url) => !/[?#@]/.test(url), { error: 'must be a plain address: no credentials, query or fragment' })
    .describe('Where every path is below. HTTPS only.'),
  network: network.default('public'),
  caFile: caFile.optional(),
  credentialFile: fileName.optional().describe('File with the bearer credential. No tool ever sees it.'),
  allow: setOf(connectionRule)
    .min(1)
    .describe('Method and path that may be called; `*` at the end stands for anything.'),
  grants: setOf(groupName).default([]).describe('Groups that may use it: `USE CONNECTION`.'),
});

export const limits = z.strictObject({
  callsPerMinutePerCaller: count.default(120).describe('Calls of one human or agent, over all tools.'),
  callsPerMinutePerTool: z
    .partialRecord(z.enum(TOOLS), count)
    .default({})
    .describe('Calls of one caller to this tool.'),
  concurrentCallsPerCaller: count.max(10_000).default(8).describe('Calls of one caller at the same time.'),
  genieQueriesPerMinute: count.default(5).describe('Questions to Genie, for the whole gateway.'),
  genieSharePerCaller: z.number().min(0.01).max(1).default(0.5).describe('How much of that one caller may use.'),
  tokenRequestsPerMinutePerAddress: count.default(600).describe('Requests to the token endpoint from one address.'),
  tokenRequestsPerMinutePerClient: count.default(6000).describe('Requests to the token endpoint of one client.'),
  tokenRequestsPerMinutePerSubject: count.default(120).describe('Tokens that are asked for one human.'),
});

const SECRET_KINDS = ['none', 'secret', 'private_key_jwt'] as const;
const GRANTS = ['token_exchange', 'authorization_code', 'client_credentials', 'jwt_bearer'] as const;

export const client = z.strictObject({
  name: text.max(100).optional().describe('What people read on the consent page.'),
  auth: z.enum(SECRET_KINDS).default('none').describe('How the client proves itself. `none` is a public client.'),
  secretFile: fileName.optional().describe('With `auth: secret`.'),
  jwksFile: fileName.optional().describe('Public keys, with `auth: private_key_jwt`.'),
  grants: setOf(z.enum(GRANTS)).min(1).describe('What it may ask the token endpoint for.'),
  redirects: setOf(z.url().max(2000))
    .default([])
    .describe('Where it may be sent back, matched exactly but for the port of a loopback address.'),
});

export const registration = z.strictObject({
  redirectHosts: setOf(hostName)
    .default([])
    .describe('Hosts to which a dynamically registered client may redirect. Empty: there is no dynamic registration.'),
  metadataHosts: setOf(hostName).default([]).describe('Hosts whose client ID metadata documents are fetched.'),
  metadataPins: z
    .record(webUrl, fileName)
    .default({})
    .describe('Metadata documents that are pinned to a file instead.'),
  network: network.default('public'),
});

export const idJagIssuer = z.strictObject({
  provider: shortName.describe('The provider whose assertions (ID-JAG) are accepted.'),
  clients: setOf(clientId).min(1).describe('Clients of this portal that may present one.'),
});
