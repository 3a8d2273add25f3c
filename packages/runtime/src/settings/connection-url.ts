import { Secret } from '@causeway/core';
import { z } from 'zod';
import { isLoopbackHost } from '../network/loopback.ts';
import { PLAIN_SECRET } from './secret.ts';
import type { About, Provenance, Variable } from './variable.ts';

// What the Postgres driver reads from the query can move the connection to another host, port or TLS mode.
const POSTGRES_PARAMETERS = new Set([
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'application_name',
  'connect_timeout',
]);

/** A Postgres connection: a secret, because it may hold a password. Off loopback the server's certificate is verified. */
export function postgresUrl(name: string, about: About): Variable<Secret> {
  return {
    name,
    ...about,
    expects: `a postgres:// URL with a host, whose query has only ${[...POSTGRES_PARAMETERS].join(', ')}, each once`,
    schema: connection(/^postgres(ql)?:$/, POSTGRES_PARAMETERS),
    required: true,
    isSecret: true,
    refuse: (value, provenance) => {
      const { hostname, searchParams } = new URL(value.reveal());
      if (!isLoopbackHost(hostname) && searchParams.get('sslmode') !== 'verify-full') {
        return 'must carry sslmode=verify-full, because its host is not loopback';
      }
      return plainPasswordProblem(value, provenance);
    },
  };
}

/** A Redis connection: a secret, because it may hold a password. Off loopback it is TLS. */
export function redisUrl(name: string, about: About): Variable<Secret> {
  return {
    name,
    ...about,
    expects: 'a redis:// or rediss:// URL with a host and no query',
    schema: connection(/^rediss?:$/, new Set()),
    required: true,
    isSecret: true,
    refuse: (value, provenance) => {
      const { hostname, protocol } = new URL(value.reveal());
      if (!isLoopbackHost(hostname) && protocol !== 'rediss:') {
        return 'must be a rediss:// URL, because its host is not loopback';
      }
      return plainPasswordProblem(value, provenance);
    },
  };
}

function connection(protocol: RegExp, parameters: ReadonlySet<string>): z.ZodType<Secret, string> {
  return z
    .string()
    .refine((text) => {
      if (!URL.canParse(text)) return false;
      const parsed = new URL(text);
      const keys = [...parsed.searchParams.keys()];
      const known = keys.every((key) => parameters.has(key)) && new Set(keys).size === keys.length;
      return protocol.test(parsed.protocol) && parsed.hostname !== '' && parsed.hash === '' && known;
    })
    .transform((text) => new Secret(text));
}

function plainPasswordProblem(value: Secret, { deployment, source }: Provenance): string | undefined {
  const hasPassword = new URL(value.reveal()).password !== '';
  return deployment === 'production' && source !== 'file' && hasPassword ? PLAIN_SECRET : undefined;
}
