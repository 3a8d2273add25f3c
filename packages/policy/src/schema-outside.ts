import { z } from 'zod';

/** Where a host may be: anywhere public, or exactly in these address ranges. */
export const network = z.union([z.literal('public'), z.array(z.union([z.cidrv4(), z.cidrv6()])).min(1)]);

/** A party that proves people: how it is reached, and how its claims become roles. */
export const provider = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  kind: z.enum(['auth0', 'okta', 'entra', 'oidc']),
  issuer: z.url(),
  audience: z.string().min(1),
  emailDomains: z.array(z.string().min(1)).default([]),
  network: network.default('public'),
  caFile: z.string().optional(),
  algorithms: z
    .array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA']))
    .optional(),
  /** How old a subject token may be, counted from its `iat`. */
  maxAgeSeconds: z.number().int().positive().default(3600),
  /** Entra `tid`, Auth0 `org_id`, Okta `cid`: whichever the kind pins. */
  tenant: z.string().optional(),
  roleClaim: z.string().optional(),
  emailClaim: z.string().optional(),
  /** Value of the role claim → role. */
  roles: z.record(z.string(), z.string()),
  /** Our client at the provider, for sign-in by browser. Without it people come by token exchange only. */
  client: z.strictObject({ id: z.string().min(1), secretFile: z.string().min(1) }).optional(),
});

const rule = z
  .string()
  .regex(/^(GET|POST|PUT|PATCH|DELETE) \/\S*$/, 'must be a method and a path, such as GET /search/*');

/** An outside API behind a name. The credential stays here: no tool sees it. */
export const connection = z.strictObject({
  baseUrl: z.url(),
  network: network.default('public'),
  caFile: z.string().optional(),
  credentialFile: z.string().optional(),
  allow: z.array(rule).min(1),
  grants: z.array(z.string()).default([]),
});

const count = z.number().int().positive();

export const limits = z.strictObject({
  callsPerMinutePerCaller: count.default(120),
  /** For a tool alone, below the caller's whole. */
  callsPerMinutePerTool: z.record(z.string(), count).default({}),
  concurrentCallsPerCaller: count.default(8),
  genieQueriesPerMinute: count.default(5),
  /** How much of the Genie window one caller may use. */
  genieSharePerCaller: z.number().min(0.01).max(1).default(0.5),
  tokenRequestsPerMinutePerAddress: count.default(600),
});
