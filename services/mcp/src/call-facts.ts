import type { PlatformSession, QueryOptions, Statement } from '@causeway/platform';
import { SPAN, withSpan } from '@causeway/runtime';
import type { ToolOutput } from './define-tool.ts';

/** What is known of a call by the time it is recorded. */
export interface CallFacts {
  readonly startedAt: number;
  readonly policyDigest: string;
  arguments?: Readonly<Record<string, unknown>>;
  statement?: string;
  content?: ToolOutput;
}

/** The session of a call: bound to its deadline, and what it asks is noted for the record. */
export function observedSession(
  session: PlatformSession,
  facts: CallFacts,
  bounds: Required<Pick<QueryOptions, 'signal' | 'timeoutMs'>>,
): PlatformSession {
  return {
    query: <Row>(statement: Statement<Row>, options?: QueryOptions) => {
      facts.statement = statement.text;
      return session.query(statement, { ...bounds, ...options });
    },
    ask: async (question, options) => {
      const answer = await withSpan(SPAN.ask, {}, () => session.ask(question, { ...bounds, ...options }));
      if (answer.sql !== undefined) facts.statement = answer.sql;
      return answer;
    },
  };
}
