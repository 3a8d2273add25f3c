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
  const observed: QueryOptions = { ...bounds, onStatement: (text) => (facts.statement = text) };
  return {
    query: <Row>(statement: Statement<Row>, options?: QueryOptions) =>
      session.query(statement, { ...observed, ...options }),
    identity: (options) => session.identity({ ...observed, ...options }),
    searchDocuments: (search, options) => session.searchDocuments(search, { ...observed, ...options }),
    askSupervisor: (question, options) => session.askSupervisor(question, { ...observed, ...options }),
    connection: async (name, options) => {
      const opened = await session.connection(name, { ...observed, ...options });
      if (opened === 'granted') return opened;
      return { request: (call, inner) => opened.request(call, { ...observed, ...inner }) };
    },
    ask: async (question, options) => {
      const answer = await withSpan(SPAN.ask, {}, () => session.ask(question, { ...bounds, ...options }));
      if (answer.sql !== undefined) facts.statement = answer.sql;
      return answer;
    },
  };
}
