import type { AuditEvent, Recorded } from '@causeway/audit';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { PlatformTokenResult, PrincipalTokenResult } from '@causeway/auth';
import { AppError, type Caller } from '@causeway/core';
import type { RequestContext } from '@causeway/platform';
import {
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  listen,
  type Listener,
  parseNetworks,
} from '@causeway/runtime';
import { createApps } from '../app.ts';
import { ConnectionPool } from '../connections/connection-pool.ts';
import { TOOL_LIST } from '../tools/index.ts';
import { callWorld, type WorldOptions } from './call-world.ts';

export interface TestApp {
  /** Of the main port, and of the on-behalf-of listener. */
  readonly url: string;
  readonly oboUrl: string;
  readonly events: AuditEvent[];
  /** What the platform was given of each call, beside the caller. */
  readonly openedWith: RequestContext[];
  readonly refused: AuditEvent[];
  readonly lines: () => Record<string, unknown>[];
  stop(): Promise<void>;
}

export interface TestAppOptions extends WorldOptions {
  /** Principal tokens that are good, and whose they are. */
  readonly tokens: Readonly<Record<string, Caller>>;
  /** The platform's own tokens that are good. */
  readonly platformTokens?: Readonly<Record<string, Caller>>;
  readonly trustedProxies?: string;
}

/** The service's two applications over sockets, with everything behind them in memory. */
export async function startMcpApp(options: TestAppOptions): Promise<TestApp> {
  const world = callWorld(options);
  const refused: AuditEvent[] = [];
  const written: string[] = [];
  const logger = createLogger({
    service: 'mcp',
    level: 'info',
    destination: { write: (line) => void written.push(line) },
  });
  const metrics = createMetrics();
  const [port, oboPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const expiresAt = new Date(Date.now() + 60_000);
  const apps = await createApps({
    ...world.deps,
    tools: TOOL_LIST,
    policy: world.policy,
    connections: new ConnectionPool(),
    audit: {
      sink: world.deps.audit,
      refusals: {
        record: async (_address: unknown, refusal: AuditEvent) => {
          refused.push(refusal);
          return {} as Recorded;
        },
      } as never,
    },
    principalTokens: {
      verify: async (token): Promise<PrincipalTokenResult> => {
        if (token === 'keys.are.down') return { ok: false, reason: 'keys_unavailable', retryAfterMs: 5000 };
        const caller = options.tokens[token];
        return caller === undefined
          ? { ok: false, reason: 'signature_invalid' }
          : { ok: true, caller, clientId: 'client', expiresAt };
      },
    },
    logger,
    metrics,
    listen: { variable: 'MCP_LISTEN', host: '127.0.0.1', port },
    publicUrl: url,
    portalUrl: 'http://127.0.0.1:8700',
    version: '0.0.0',
    obo: {
      listen: { variable: 'OBO_LISTEN', host: '127.0.0.1', port: oboPort },
      trustedProxies: parseNetworks(options.trustedProxies ?? '127.0.0.1/32') ?? neverTrusted(),
      users: {
        verify: async (token): Promise<PlatformTokenResult> => {
          const caller = options.platformTokens?.[token];
          return caller === undefined ? { ok: false, reason: 'expired' } : { ok: true, caller, expiresAt };
        },
      },
    },
  });
  const shared = {
    service: 'mcp',
    logger,
    metrics,
    health: createHealth([]),
    trustedProxies: neverTrusted(),
    hasAdminListener: false,
  };
  const listeners: Listener[] = [];
  for (const app of apps) listeners.push(await listen(createHttpApp({ ...shared, ...app }), app.listen));
  return {
    url,
    oboUrl: `http://127.0.0.1:${oboPort}`,
    events: world.events,
    openedWith: world.openedWith,
    refused,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: async () => {
      await Promise.all(listeners.map((listener) => listener.drain(AbortSignal.timeout(100))));
    },
  };
}

const neverTrusted = () => ({ contains: () => false });

export const auditDown = { record: () => Promise.reject(new AppError('audit_unavailable', 'the disk is full')) };
