import { AppError, type Caller } from '@causeway/core';
import type { Dependency } from '@causeway/runtime';
import { z } from 'zod';
import type { PlatformSession, QueryOptions, RequestContext, SqlDialect } from '../platform.ts';
import { httpRequestConnection } from './connections/http-request-connection.ts';
import { proxyConnection } from './connections/proxy-connection.ts';
import type { DatabricksPlatformOptions } from './databricks-platform.ts';
import { askGenie } from './genie/genie.ts';
import { createGenieApi } from './genie/genie-api.ts';
import { createWorkspaceCalls, type ScopedTokens } from './http/workspace-client.ts';
import { identityOf } from './identity-of.ts';
import { searchDocuments } from './search/search-documents.ts';
import type { Sleep } from './sleep.ts';
import { CallerSql, type SqlLimits } from './sql/caller-sql.ts';
import { StatementRunner } from './sql/statement-runner.ts';
import { askSupervisorEndpoint } from './supervisor/ask-supervisor.ts';

export interface Workspace {
  readonly options: DatabricksPlatformOptions;
  readonly dialect: SqlDialect;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly dependency: Dependency;
  /** For calls that go on to outside APIs. */
  readonly outside: Dependency;
  /** For the supervisor's endpoint. */
  readonly serving: Dependency;
}

export interface Opening {
  readonly caller: Caller;
  readonly request: RequestContext;
  readonly tokens: ScopedTokens;
}

/** A warehouse that sleeps takes some seconds to wake up. */
const LIMITS: SqlLimits = { timeoutMs: 30_000, rowsMax: 1000, bytesMax: 16 * 1024 * 1024 };

/** The platform's own names of what a token is for. */
const SCOPE = { sql: 'sql', supervisor: 'model-serving', connections: 'unity-catalog' } as const;

/** Everything that a workspace does for the gateway, as one caller. */
export function openCallerSession(workspace: Workspace, opening: Opening): PlatformSession {
  const { options, dialect, dependency, now, sleep } = workspace;
  const { host, workspaceId, genie, search, supervisorEndpoint: endpoint } = options;
  const callsBy = (by: Dependency) => createWorkspaceCalls({ dependency: by, host, workspaceId }, opening.tokens);
  const calls = callsBy(dependency);
  const sql = callerSql(workspace, calls, opening);
  const query: PlatformSession['query'] = (statement, limits) => sql.query(statement, limits);
  const once: PlatformSession['query'] = (statement, limits) => sql.query(statement, { ...limits, repeatable: false });
  const assertMay = (tool: string, limits?: QueryOptions) => query(mayCall(dialect, tool), limits);

  return {
    query,
    identity: (limits) => identityOf({ query }, options.policy().policy, limits),
    async ask(question, limits) {
      if (genie === undefined) throw new AppError('not_found', 'there is no Genie space');
      // The statement of an answer is the one that Genie wrote.
      await assertMay('genie_query', { ...limits, onStatement: () => undefined });
      return askGenie({ api: createGenieApi({ calls, ...genie }), now, sleep }, question, limits);
    },
    async searchDocuments(asked, limits) {
      if (search === undefined) throw new AppError('not_found', 'there is no search index');
      return searchDocuments({ calls, query, dialect, route: search }, asked, limits);
    },
    async askSupervisor(question, limits) {
      await assertMay('ask_supervisor', limits);
      if (endpoint === undefined) return 'granted';
      return askSupervisorEndpoint(
        { calls: callsBy(workspace.serving), endpoint, scope: SCOPE.supervisor },
        question,
        limits,
      );
    },
    async connection(name) {
      if (options.connections === 'http_request') return httpRequestConnection({ query: once, name });
      return proxyConnection({ calls: callsBy(workspace.outside), name, scope: SCOPE.connections });
    },
  };
}

function callerSql(
  { options: { warehouseId, limits }, sleep }: Workspace,
  calls: ReturnType<typeof createWorkspaceCalls>,
  { caller, request }: Opening,
): CallerSql {
  const runner = new StatementRunner({ calls, warehouseId, scope: SCOPE.sql, sleep });
  return new CallerSql({ runner, caller, request, limits: { ...LIMITS, ...limits } });
}

/** Whoever may not execute the function may not call the tool: Unity Catalog decides, and says no by an error. */
const mayCall = (dialect: SqlDialect, tool: string) => ({
  name: tool,
  text: `SELECT ${dialect.relation(`causeway.${tool}`)}() AS opened`,
  values: [],
  row: z.unknown(),
});
