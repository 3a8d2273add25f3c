import { z } from 'zod';
import { type Networks, parseNetworks } from '../network/networks.ts';
import type { About, Variable } from './variable.ts';

/** Text of up to 1,000 characters. */
export function text(name: string, about: About): Variable<string> {
  return {
    name,
    ...about,
    expects: 'text of at most 1000 characters',
    schema: z.string().max(1000),
    required: true,
  };
}

/** A whole number within bounds. */
export function integer(name: string, about: About & { readonly min: number; readonly max: number }): Variable<number> {
  const { min, max, ...rest } = about;
  return {
    name,
    ...rest,
    expects: `a whole number from ${min} to ${max}`,
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.int().min(min).max(max)),
    required: true,
  };
}

/** One word of a closed list. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  name: string,
  words: Words,
  about: About,
): Variable<Words[number]> {
  return {
    name,
    ...about,
    expects: `one of ${words.join(', ')}`,
    schema: z.string().pipe(z.enum(words)),
    required: true,
  };
}

export interface ListenAddress {
  /** The variable that it came from: whoever cannot listen there says which one to change. */
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** Where to listen: `port` (on 127.0.0.1), `host:port` or `[host]:port`. */
export function listenAddress(name: string, about: About): Variable<ListenAddress> {
  return {
    name,
    ...about,
    expects: 'a port, or an address and a port such as 127.0.0.1:8080',
    schema: z
      .string()
      .regex(/^(?:(?:[\w.-]+|\[[0-9a-f:.]+\]):)?\d{1,5}$/i)
      .transform((written) => {
        const colon = written.lastIndexOf(':');
        const host = colon < 0 ? '127.0.0.1' : written.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
        return { variable: name, host, port: Number(written.slice(colon + 1)) };
      })
      .refine((address) => address.port <= 65_535),
    required: true,
  };
}

/** A comma-separated list of addresses and CIDRs. */
export function networks(name: string, about: About): Variable<Networks> {
  return {
    name,
    ...about,
    expects: 'a comma-separated list of addresses and networks such as 10.0.0.0/8',
    schema: z.string().transform((list, context) => {
      const parsed = parseNetworks(list);
      if (parsed !== undefined) return parsed;
      context.addIssue('not a list of networks');
      return z.NEVER;
    }),
    required: true,
  };
}
