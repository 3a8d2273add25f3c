import { AppError, type Caller } from '@causeway/core';
import { ATTRIBUTE, SPAN, withLeafSpan } from '@causeway/runtime';
import pg from 'pg';
import type {
  Platform,
  PlatformHealth,
  PlatformSession,
  QueryOptions,
  RequestContext,
  Statement,
} from '../platform.ts';
import { type Analyst, createAnalyst } from './analyst/analyst.ts';
import type { SemanticModel } from './analyst/model/semantic-model.ts';
import { checkedRow } from '../checked-row.ts';
import { connectionOptions } from './connection-options.ts';
import { postgresDialect } from './dialect.ts';
import { EngineCheck } from './engine-check.ts';
import { assertConnectionGranted, assertSupervisorGranted } from './engine-grants.ts';
import { identityOf } from './identity-of.ts';
import { maskedFor } from './masked-for.ts';
import type { UnitRequest } from './governed-unit.ts';
import type { PolicyAccess } from './policy-access.ts';
import { roleOf } from './role-of.ts';
import { searchDocuments } from './search-documents.ts';
import { StatementNames } from './statement-names.ts';
import { textOf } from './text-of.ts';
import { UnitRunner } from './unit-runner.ts';

export interface PostgresPlatformOptions {
  /** The gateway's login. */
  readonly url: string;
  /** The policy that is in force now. */
  readonly policy: PolicyAccess;
  /** Told which policy the engine enforces, before that is compared with the one in force: about once a second while there are calls. */
  readonly onEngineDigest?: (engineDigest: string) => void;
  /** What the words of a question mean. Without it nobody can ask. */
  readonly semanticModel?: SemanticModel;
  readonly now?: () => Date;
  readonly onProblem?: (message: string) => void;
  readonly poolMax?: number;
  readonly timeoutMs?: number;
  readonly rowsMax?: number;
  readonly charactersMax?: number;
}

const DEFAULTS = {
  poolMax: 16,
  timeoutMs: 10_000,
  rowsMax: 1000,
  charactersMax: 16 * 1024 * 1024,
  preparedMax: 256,
  graceMs: 2000,
  connectTimeoutMs: 5000,
  lifetimeSeconds: 1800,
};

const SURFACE = { dialect: postgresDialect, searchesDocuments: true };

/** The platform on a Postgres server that `causeway db apply` has governed. */
export function createPostgresPlatform(options: PostgresPlatformOptions): Platform {
  const limits = { ...DEFAULTS, ...options };
  const connection = connectionOptions(options.url);
  const pool = createPool({ ...connection, max: limits.poolMax, maxLifetimeSeconds: limits.lifetimeSeconds }, options);
  const control = createPool({ ...connection, max: 1, query_timeout: limits.graceMs }, options);
  const runner = new UnitRunner({ pool, control, preparedMax: limits.preparedMax, graceMs: limits.graceMs });
  const names = new StatementNames();
  const engine = new EngineCheck(control, { policy: options.policy, onEngineDigest: options.onEngineDigest });
  const analyst = analystOf(options);

  return {
    async open(caller: Caller, request: RequestContext): Promise<PlatformSession> {
      await engine.assertGoverned();
      const role = roleOf(caller, options.policy().policy);
      const base = { role, attribution: attributionOf(caller, request) };
      const session: PlatformSession = {
        async query<Row>(statement: Statement<Row>, query: QueryOptions = {}): Promise<Row[]> {
          const { name, text } = statement;
          query.onStatement?.(text);
          const preparedName = names.nameOf(options.policy().engineDigest, role, text);
          const unit: UnitRequest = {
            ...base,
            timeoutMs: query.timeoutMs ?? limits.timeoutMs,
            rowsMax: query.rowsMax ?? limits.rowsMax,
            charactersMax: limits.charactersMax,
            statement: { preparedName, text, values: statement.values.map(textOf) },
          };
          const result = await withLeafSpan(SPAN.sql, { [ATTRIBUTE.statement]: name }, () =>
            runner.run(name, unit, query.signal),
          );
          if (result.kind === 'too_large') throw tooLarge(statement, unit);
          return result.rows.map((row) => checkedRow(statement, row));
        },
        async ask(question, query) {
          if (analyst === undefined) throw new AppError('not_found', 'no semantic model: the policy names none');
          const masked = (relation: string) => maskedFor(caller, options.policy().policy, relation);
          return analyst.ask({ ...session, masked }, question, query);
        },
        identity: (query) => identityOf(session, query),
        searchDocuments: (search, query) => searchDocuments(session, search, query),
        askSupervisor: (_question, query) => assertSupervisorGranted(session, query),
        connection: (name, query) => assertConnectionGranted(session, name, query),
      };
      return session;
    },
    async health(): Promise<PlatformHealth> {
      const problems = await engine.problems();
      return { ok: problems.length === 0, problems };
    },
    ...SURFACE,
    answersQuestions: analyst !== undefined,
    get connections() {
      return { open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount, max: limits.poolMax };
    },
    async close() {
      await Promise.all([pool.end(), control.end()]);
    },
  };
}

function analystOf({ semanticModel, now }: PostgresPlatformOptions): Analyst | undefined {
  if (semanticModel === undefined) return undefined;
  return createAnalyst({ model: semanticModel, ...(now === undefined ? {} : { now }) });
}

function createPool(config: pg.PoolConfig, { onProblem }: PostgresPlatformOptions): pg.Pool {
  const pool = new pg.Pool({
    ...config,
    connectionTimeoutMillis: DEFAULTS.connectTimeoutMs,
    keepAlive: true,
    application_name: 'causeway',
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => onProblem?.(`an idle Postgres connection broke: ${error.message}`));
  return pool;
}

/**
 * A custom setting does not reach `log_line_prefix`, the application's name does; Postgres cuts it at 63 bytes. Everything but the
 * e-mail is one setting, because each one costs the server as much as a tenth of a small query.
 */
function attributionOf({ human, agent, principal }: Caller, { requestId }: RequestContext): readonly string[] {
  const applicationName = `cw:${requestId.replace(/[^\x20-\x7e]/g, '?')}`.slice(0, 63);
  const caller = {
    request: requestId,
    principal: principal.id,
    agent: agent?.id,
    issuer: human?.issuer,
    subject: human?.subject,
  };
  return [applicationName, human?.email ?? '', JSON.stringify(caller)];
}

function tooLarge({ name }: Statement<unknown>, { rowsMax, charactersMax }: UnitRequest): AppError {
  const safeDetail = `The answer has more than ${rowsMax} rows, or is too large. Ask for less.`;
  return new AppError('upstream_rejected', `statement ${name}: over ${rowsMax} rows or ${charactersMax} bytes`, {
    safeDetail,
  });
}
