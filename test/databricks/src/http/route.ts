import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Principal } from '../oauth/principal.ts';
import { type Answer, ApiError } from './answer.ts';
import type { Effect } from './faults.ts';

/** A request as a handler sees it. */
export class ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** What was armed for it and is the handler's to do. */
  readonly effect: Effect | undefined;

  constructor(received: Received, params: Readonly<Record<string, string>>) {
    this.method = received.method;
    this.url = received.url;
    this.headers = received.headers;
    this.body = received.body;
    this.signal = received.signal;
    this.effect = received.effect;
    this.params = params;
  }

  param(name: string): string {
    return this.params[name] ?? '';
  }

  /** The body, as it must be. */
  json<T>(schema: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(this.body.length === 0 ? '{}' : this.body.toString('utf8'));
    } catch {
      throw new ApiError(400, 'MALFORMED_REQUEST', 'Could not parse request object: the body is no JSON.');
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new ApiError(
      400,
      'MALFORMED_REQUEST',
      `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not valid'}`,
    );
  }
}

export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  readonly effect?: Effect | undefined;
}

/** An endpoint of the API: `scope` is what the token must hold, any of them. */
export interface Route {
  readonly on: `${string} /${string}`;
  readonly scope: readonly string[];
  readonly handle: (request: ApiRequest, principal: Principal) => Promise<Answer> | Answer;
}

/** An endpoint that asks for no token. */
export interface OpenRoute {
  readonly on: `${string} /${string}`;
  readonly answer: (request: ApiRequest) => Promise<Answer> | Answer;
}

export interface Match<R> {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
}

/** `{name}` in a path takes one segment, `{name*}` takes the rest; `ANY` takes every method. */
export function createMatcher<R extends { readonly on: string }>(routes: readonly R[]) {
  const compiled = routes.map((route) => {
    const [method = '', path = ''] = route.on.split(' ');
    return { route, method, pattern: patternOf(path) };
  });
  return (method: string, pathname: string): Match<R> | undefined => {
    for (const { route, method: wanted, pattern } of compiled) {
      const found = wanted === 'ANY' || wanted === method ? pattern.exec(pathname) : null;
      if (found !== null) return { route, params: decoded(found.groups ?? {}) };
    }
    return undefined;
  };
}

function patternOf(path: string): RegExp {
  const source = path
    .split(/(\{\w+\*?\})/)
    .map((part) => {
      const name = /^\{(\w+)(\*?)\}$/.exec(part);
      if (name === null) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return name[2] === '*' ? `(?<${name[1]}>.*)` : `(?<${name[1]}>[^/:]+)`;
    })
    .join('');
  return new RegExp(`^${source}/?$`);
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
}
