import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Audit, type AuditEvent, type Recorded, RefusalRecorder } from '@causeway/audit';
import { type IdentityProviders, startIdentityProviders } from '@causeway/local/identity-providers';
import { PEOPLE, type Person } from '@causeway/local/people';
import { signInAs } from '@causeway/local/sign-in-as';
import { AppError } from '@causeway/core';
import { openPortal } from '@causeway/portal/open-portal';
import { readPortalSettings } from '@causeway/portal/settings';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { createLogger, createMetrics, serve } from '@causeway/runtime';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { startTestIssuer, TEST_AUDIENCE, type TestIssuer } from './test-issuer.ts';

export const RESOURCE = 'http://127.0.0.1:8701/mcp';

/** The real portal over HTTP, the real demo providers, a real Redis, and what was recorded. */
export interface PortalWorld {
  readonly url: string;
  /** A second replica of the same portal, on the same state. */
  readonly replicaUrl: string;
  readonly dir: string;
  readonly events: AuditEvent[];
  readonly logs: string[];
  readonly journal: TestJournal;
  /** Moves the portal's clock, and what no setting of it moves. */
  readonly clock: { aheadMs: number; monotonicAheadMs: number };
  /** Moves the portal's clock forward. Resolves when both replicas have read the revocations since. */
  passTime(ms: number): Promise<void>;
  readonly idps: IdentityProviders;
  readonly issuer: TestIssuer;
  readonly supervisorSecret: string;
  readonly mcpKey: JWK;
  /** Who can sign in at the demo providers; tests take people off it. */
  readonly people: Person[];
  tokenOf(email: string): Promise<string>;
  /** An edit of the policy as it was at the start. Both replicas have it when it resolves. */
  policy(edit: (text: string) => string): Promise<void>;
  eventOf(response: Pick<Response, 'headers'>): AuditEvent | undefined;
  stop(): Promise<void>;
}

interface TestJournal {
  /** True: nothing can be recorded. */
  isFull: boolean;
  /** Runs once, while the next event of this kind is being written down. */
  during?: { readonly kind: AuditEvent['kind']; readonly work: () => Promise<unknown> } | undefined;
}

export interface WorldOptions {
  readonly policy?: (text: string) => string;
  /** A state database instead of the Redis. */
  readonly stateDatabaseUrl?: string;
  /** A Redis of the test's own, which looks into it. */
  readonly redis?: Pick<TestRedis, 'url'>;
}

const DEMO_POLICY = fileURLToPath(new URL('../../infra/local/policy.yaml', import.meta.url));

export async function startPortalWorld(options: WorldOptions = {}): Promise<PortalWorld> {
  // What is open when a later part fails is closed again.
  await using opening = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'causeway-portal-'));
  opening.defer(() => rmSync(dir, { recursive: true, force: true }));
  const [port, replicaPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const people = [...PEOPLE];
  const idps = opening.adopt(
    await startIdentityProviders({ port: 0, dir: join(dir, 'idp'), portalUrl: url, people }),
    (started) => started.close(),
  );
  const issuer = opening.adopt(await startTestIssuer(), (started) => started.stop());
  const state = await startState(options, opening);
  const mcpKey = await writeClients(dir);
  const policy = openPolicyFile(dir, (options.policy ?? same)(demoPolicy({ dir, idpUrl: idps.baseUrl, issuer })));
  const trail: Trail = { events: [], logs: [], journal: { isFull: false }, clock: { aheadMs: 0, monotonicAheadMs: 0 } };
  const environment = { ...environmentOf({ url, dir, policyFile: policy.path }), ...state };
  // The same public address: a balancer stands in front of both.
  const replicas: Replica[] = [];
  for (const one of [port, replicaPort]) {
    const replica = await startReplica({ ...environment, PORTAL_LISTEN: String(one) }, trail);
    opening.defer(replica.stop);
    replicas.push(replica);
  }
  const opened = opening.move();
  return {
    ...trail,
    url,
    replicaUrl: `http://127.0.0.1:${replicaPort}`,
    dir,
    idps,
    issuer,
    people,
    supervisorSecret: 'supervisor-secret',
    mcpKey,
    passTime: async (ms) => {
      trail.clock.aheadMs += ms;
      for (const { knowsRevocations } of replicas) await until(knowsRevocations);
    },
    tokenOf: rememberedSignIns(idps),
    policy: async (edit) => {
      const changes = () => trail.events.filter(({ kind }) => kind === 'policy_change').length;
      const before = changes();
      if (policy.edit(edit)) await until(() => changes() >= before + REPLICAS);
    },
    eventOf: (response) => trail.events.findLast((event) => event.requestId === response.headers.get('x-request-id')),
    stop: () => opened.disposeAsync(),
  };
}

const REPLICAS = 2;
const same = (text: string) => text;

async function startState({ stateDatabaseUrl, redis: own }: WorldOptions, opening: AsyncDisposableStack) {
  if (stateDatabaseUrl !== undefined) return { STATE_DATABASE_URL: stateDatabaseUrl };
  if (own !== undefined) return { REDIS_URL: own.url };
  const redis = opening.adopt(await startTestRedis(), (started) => started.stop());
  return { REDIS_URL: redis.urlOf('portal') };
}

/** The policy as it was at the start, and edits of that. */
function openPolicyFile(dir: string, text: string) {
  const path = join(dir, 'policy.yaml');
  writeFileSync(path, text);
  let current = text;
  /** Says whether it is another one than before. */
  const edit = (change: (original: string) => string): boolean => {
    const before = current;
    current = change(text);
    writeFileSync(path, current);
    return current !== before;
  };
  return { path, edit };
}

function rememberedSignIns(idps: IdentityProviders): PortalWorld['tokenOf'] {
  const tokens = new Map<string, Promise<string>>();
  return (email) => {
    const known = tokens.get(email) ?? signIn(idps, email);
    tokens.set(email, known);
    return known;
  };
}

/** What comes sooner or later; the test's own deadline ends what never does. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(25);
}

function environmentOf({ url, dir, policyFile }: { url: string; dir: string; policyFile: string }) {
  return {
    PORTAL_PUBLIC_URL: url,
    PORTAL_KEYS_DIR: join(dir, 'portal'),
    PORTAL_COOKIE_KEY: randomBytes(32).toString('hex'),
    CAUSEWAY_POLICY: policyFile,
    JOURNAL_DIR: join(dir, 'journal'),
    AUDIT_PRODUCER_KEY: 'unused',
    LOG_LEVEL: 'info',
  };
}

interface Places {
  readonly dir: string;
  readonly idpUrl: string;
  readonly issuer: TestIssuer;
}

function demoPolicy({ dir, idpUrl, issuer: { issuer } }: Places): string {
  const test = `  - { id: test, kind: oidc, issuer: '${issuer}', audience: ${TEST_AUDIENCE}, network: [127.0.0.0/8], emailDomains: [test.example], roles: { tester: managers, seller: west_sales, boss: executive } }`;
  return readFileSync(DEMO_POLICY, 'utf8')
    .replaceAll('http://127.0.0.1:8710', idpUrl)
    .replaceAll('../../.causeway', dir)
    .replace('providers:\n', `providers:\n${test}\n`);
}

async function writeClients(dir: string): Promise<JWK> {
  mkdirSync(join(dir, 'clients'));
  writeFileSync(join(dir, 'clients', 'supervisor.secret'), 'supervisor-secret\n');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'mcp', alg: 'ES256', use: 'sig' }];
  writeFileSync(join(dir, 'clients', 'causeway-mcp.jwks.json'), JSON.stringify({ keys }));
  return { ...(await exportJWK(privateKey)), kid: 'mcp', alg: 'ES256' };
}

async function signIn(idps: IdentityProviders, email: string): Promise<string> {
  const person = PEOPLE.find((one) => one.email === email);
  if (person === undefined) throw new Error(`nobody has the e-mail ${email}`);
  return (await signInAs({ issuer: idps.issuers[person.idp], email })).accessToken;
}

type Trail = Pick<PortalWorld, 'events' | 'logs' | 'journal' | 'clock'>;

interface Replica {
  readonly stop: () => Promise<void>;
  readonly knowsRevocations: () => Promise<boolean>;
}

async function startReplica(environment: Record<string, string>, trail: Trail): Promise<Replica> {
  const settings = readPortalSettings(environment);
  const logger = createLogger({
    service: 'portal',
    level: 'info',
    destination: { write: (line) => trail.logs.push(line) },
  });
  const audit = memoryAudit(trail);
  const { clock } = trail;
  const portal = await openPortal({
    settings,
    logger,
    audit,
    now: () => Date.now() + clock.aheadMs,
    monotonic: () => performance.now() + clock.monotonicAheadMs,
  });
  let end: (signal: string) => void = () => {};
  const ended = Promise.withResolvers<number>();
  const host = { on: (_signal: string, listener: typeof end) => (end = listener), exit: () => {}, end: ended.resolve };
  await serve({ service: 'portal', settings, logger, metrics: createMetrics(), host, ...portal });
  const revocations = portal.checks.find(({ name }) => name === 'revocations');
  return {
    stop: async () => {
      end('SIGTERM');
      await ended.promise;
    },
    knowsRevocations: async () => (await revocations?.run(AbortSignal.timeout(10_000)))?.status === 'ok',
  };
}

function memoryAudit({ events, journal }: Trail): Audit {
  const sink = {
    hasRoomForStrangers: true,
    record: async (event: AuditEvent) => {
      const { during } = journal;
      if (during?.kind === event.kind) {
        journal.during = undefined;
        await during.work();
      }
      if (journal.isFull) throw new AppError('audit_unavailable', 'journal: full');
      events.push(event);
      return {} as Recorded;
    },
  };
  const refusals = new RefusalRecorder({ sink, report: () => undefined, perAddressMax: 100_000 });
  return { sink, refusals, checks: [], close: async () => undefined };
}
