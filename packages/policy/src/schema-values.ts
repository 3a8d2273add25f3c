import { z } from 'zod';

/** A list whose order means nothing. The digest sorts it; every other list keeps its order there. */
export const setOf = <T extends z.ZodType>(element: T) => z.array(element).max(10_000).meta({ set: true });

/** One line of text: no control characters, which could forge a line in a log or a terminal. */
export const text = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line of text');

/** A group or role: also the name of a database role, hence so narrow. */
export const groupName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be lower case letters, digits and _, beginning with a letter, at most 63')
  .refine((name) => !/^(pg_|causeway_|(public|none|current_user|session_user|current_role)$)/.test(name), {
    error: 'is a name that the database or Causeway keeps for itself: choose another',
  });

/** The short name of a connection, an agent, or a provider. */
export const shortName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,40}$/, 'must be lower case letters, digits, "_" and "-", beginning with a letter');

export const clientId = z.string().regex(/^[\w.-]{1,100}$/, 'must be letters, digits, ".", "_" and "-"');

export const relationName = z
  .string()
  .regex(/^[A-Za-z_]\w{0,62}\.[A-Za-z_]\w{0,62}$/, 'must be written schema.name, in letters, digits and _');

/** PostgreSQL cuts longer names. */
export const columnName = text.max(63);

/** It is written into SQL as it stands: a closed list. */
export const columnType = z
  .string()
  .regex(
    /^(STRING|BOOLEAN|TINYINT|SMALLINT|INT|BIGINT|FLOAT|DOUBLE|DATE|TIMESTAMP|TIMESTAMP_NTZ|DECIMAL\(\d{1,2},\d{1,2}\))$/,
    'must be a simple Databricks type in capitals, such as STRING, DATE or DECIMAL(5,2)',
  );

/** An address on the web, without credentials in it. Whether plain http is right depends on the host: the checks say. */
export const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address that begins with https://' })
  .max(2000)
  .refine((url) => !/^[^/]*\/\/[^/]*@/.test(url), { error: 'must not hold a user name or password' });

/** A host name, without scheme, port and path. */
export const hostName = z
  .string()
  .regex(
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'must be a host name in lower case, without scheme, port or path',
  );

/** A file, relative to the policy document's own folder. */
export const fileName = text.meta({ mark: 'file' });

export const count = z.number().int().positive().max(1_000_000);

export const seconds = z.number().int().positive().max(31_536_000);

/** Where a host may be: anywhere public, or exactly in these address ranges. */
export const network = z
  .union([z.literal('public'), setOf(z.union([z.cidrv4(), z.cidrv6()])).min(1)], {
    error: 'must be "public" or a list of address ranges such as [10.0.0.0/8]',
  })
  .meta({ mark: 'network' })
  .describe('Where the host may be: `public`, or exactly these address ranges. Loopback counts as private.');

export const caFile = fileName.describe(
  'Certificate authority that this host is verified with, instead of the public ones.',
);
