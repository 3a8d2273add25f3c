import { AppError } from '@causeway/core';
import type { Dependency, OutboundCall, OutboundResponse } from '@causeway/runtime';

/** What a provider answers, by path. A function may throw, or wait. */
export type Answers = Record<string, () => unknown>;

export interface FakeDependency extends Dependency {
  readonly asked: string[];
}

export function fakeDependency(answers: Answers): FakeDependency {
  const asked: string[] = [];
  return {
    name: 'keys of test',
    breaker: 'closed',
    asked,
    request: async ({ url }: OutboundCall): Promise<OutboundResponse> => {
      asked.push(String(url));
      const body = await answers[new URL(url).pathname]?.();
      if (body === undefined) return response(404, {});
      return response(200, body);
    },
    close: async () => {},
  };
}

export const down = (): never => {
  throw new AppError('upstream_unavailable', 'keys of test: ECONNREFUSED');
};

function response(status: number, body: unknown): OutboundResponse {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: Buffer.from(JSON.stringify(body)), truncated: false };
}
