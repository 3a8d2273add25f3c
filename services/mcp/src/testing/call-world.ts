import { escapeIdentifier } from 'pg';
import type { AuditEvent, AuditSink, Recorded } from '@causeway/audit';
import { AppError, type Caller, SCOPES, Secret } from '@causeway/core';
import type {
  Answer,
  FoundDocument,
  OutsideApi,
  Platform,
  PlatformIdentity,
  PlatformSession,
  QueryOptions,
  Question,
  RequestContext,
  Statement,
  SupervisorAnswer,
} from '@causeway/platform';
import { demoPolicy } from '@causeway/platform/testing';
import type { Policy, PolicyDocument } from '@causeway/policy';
import type { CallToolDeps, ToolCall } from '../call/call-tool.ts';
import { ConnectionPool } from '../connections/connection-pool.ts';
import { createConversationHandles } from '../conversation/conversation-handles.ts';
import { parseHandleKeys } from '../conversation/handle-keys.ts';
import type { Tool } from '../call/define-tool.ts';
import type { CallLimits } from '../limits/call-limits.ts';
import { createPolicyViews, type PolicySource } from '../policy/policy-view.ts';
import { Stages } from '../call/stages.ts';
import { TOOL_LIST } from '../tools/index.ts';

const DEMO = await demoPolicy();

/** What the engine would say to a statement: rows by the statement's name. */
type Engine = Record<string, (statement: Statement<unknown>) => unknown[] | Promise<unknown[]>>;

export interface CallWorld {
  readonly deps: CallToolDeps;
  readonly events: AuditEvent[];
  /** Statements in the order in which they were asked. */
  readonly asked: Statement<unknown>[];
  readonly openedAs: Caller[];
  readonly openedWith: RequestContext[];
  readonly policy: PolicySource;
  call(tool: string, args?: unknown, change?: Partial<ToolCall>): ToolCall;
}

export interface WorldOptions {
  readonly engine?: Engine;
  readonly answer?: (question: Question) => Answer;
  readonly identity?: PlatformIdentity;
  readonly documents?: readonly FoundDocument[];
  /** What the platform says to whoever would use a connection, or its supervisor. Without it: granted. */
  readonly connection?: (name: string) => Promise<OutsideApi | 'granted'>;
  readonly supervisor?: (question: Question) => Promise<SupervisorAnswer | 'granted'>;
  readonly limits?: CallLimits;
  readonly audit?: AuditSink;
  readonly tools?: readonly Tool[];
  readonly connections?: CallToolDeps['connections'];
  readonly policy?: (policy: Policy) => Policy;
  /** An edit that waits for the engine. */
  readonly waiting?: (inForce: PolicyDocument) => PolicyDocument;
}

/** The call path over an engine, a limiter and a sink in memory, under the demo policy. */
export function callWorld(options: WorldOptions = {}): CallWorld {
  const { tools = TOOL_LIST, policy: change = (before) => before } = options;
  const document: PolicyDocument = { ...DEMO, policy: change(structuredClone(DEMO.policy)) };
  const policy = { current: document, waiting: options.waiting?.(document) };
  const world = {
    events: [] as AuditEvent[],
    asked: [] as Statement<unknown>[],
    openedAs: [] as Caller[],
    openedWith: [] as RequestContext[],
  };
  const session = sessionOf(options, world.asked);
  const platform: Platform = {
    open: async (caller, request) => {
      world.openedAs.push(caller);
      world.openedWith.push(request);
      return session;
    },
    health: async () => ({ ok: true, problems: [] }),
    dialect: { identifier: escapeIdentifier, relation: (name) => name.split('.').map(escapeIdentifier).join('.') },
    answersQuestions: true,
    searchesDocuments: true,
    close: async () => undefined,
  };
  const deps: CallToolDeps = {
    tools: new Map(tools.map((tool) => [tool.name as string, tool])),
    policy: createPolicyViews(policy, { offered: tools.map(({ name }) => name), dialect: platform.dialect }),
    limits: options.limits ?? NO_LIMITS,
    platform,
    connections: options.connections ?? new ConnectionPool(),
    conversations: createConversationHandles(parseHandleKeys(new Secret(`k1:${'A'.repeat(43)}`))),
    audit: options.audit ?? {
      record: async (event) => {
        world.events.push(event);
        return {} as Recorded;
      },
    },
  };
  return {
    ...world,
    policy,
    deps,
    call: (name, args = {}, extra = {}) => {
      const tool = deps.tools.get(name);
      if (tool === undefined) throw new Error(`there is no tool ${name}`);
      return { ...COMMON, tool, arguments: args, caller: callerOf('west_sales'), stages: new Stages(), ...extra };
    },
  };
}

function sessionOf(options: WorldOptions, asked: Statement<unknown>[]): PlatformSession {
  const { engine = {}, answer, identity, documents = [], connection, supervisor } = options;
  return {
    query: async <Row>(statement: Statement<Row>, { onStatement }: QueryOptions = {}) => {
      asked.push(statement);
      onStatement?.(statement.text);
      const found = engine[statement.name];
      if (found === undefined) throw new AppError('internal', `the test has no rows for ${statement.name}`);
      return (await found(statement)).map((row) => statement.row.parse(row));
    },
    ask: async (question) => {
      if (answer === undefined) throw new AppError('internal', 'the test has no analyst');
      return answer(question);
    },
    identity: async () => identity ?? { currentUser: 'somebody', groups: [] },
    searchDocuments: async () => documents,
    connection: connection ?? (async () => 'granted'),
    askSupervisor: supervisor ?? (async () => 'granted'),
  };
}

const COMMON = {
  clientId: 'partner-portal',
  credential: new Secret('the token of the call'),
  requestId: 'request-1',
  signal: new AbortController().signal,
  hops: 0,
};
const NO_LIMITS: CallLimits = { enter: async () => ({ [Symbol.dispose]: () => undefined }) };

/** Somebody of this role, with a token of every scope that the role has. */
export function callerOf(role: string, change: Partial<Caller> = {}): Caller {
  const { principal = '', scopes = SCOPES } = DEMO.policy.roles[role] ?? {};
  return {
    pattern: 'federation',
    human: {
      issuer: DEMO.policy.providers[0]!.issuer,
      subject: `s-${role}`,
      email: `${role}@northwind.example`,
      idp: 'northwind',
    },
    agent: undefined,
    principal: { id: principal, role, groups: [role] },
    scopes,
    expiresAt: new Date(8_640_000_000_000),
    tokenId: 'token-1',
    ...change,
  };
}
