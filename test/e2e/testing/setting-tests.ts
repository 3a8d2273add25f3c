import { dirname } from 'node:path';
import type { Ports } from '@causeway/local/ports';
import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import { describe, expect } from 'vitest';
import { environmentsOf, listeningPorts } from '../machine.ts';
import type { McpWorld } from '../mcp-world.ts';
import { changed, type ChangingPolicy } from '../policy-of-its-own.ts';
import { type Replica, send, startReplica } from '../replica.ts';
import { requirement } from '../requirement.ts';
import { SERVICES } from '../run-service.ts';

interface SetWorld {
  readonly world: McpWorld;
  readonly policy: ChangingPolicy;
  /** The public host of the MCP service. */
  readonly host: string;
  /** Where the replica listens: MCP, and IDP for whoever operates it. */
  readonly ports: Ports;
  readonly replica: Replica;
}

const WAIT = { timeout: 60_000, interval: 100 };

/** Settings that show while a service runs. */
export function settingTests(set: () => SetWorld): void {
  describe('settings of a running service', () => {
    listenerTests(set);
    loginTests(set);
    proxyTests(set);
  });
}

async function causes(host: string, port: number): Promise<Readonly<Record<string, { readonly status: string }>>> {
  const { body } = await send(host, { port, path: '/health' });
  return (JSON.parse(body) as { dependencies: Record<string, { status: string }> }).dependencies;
}

function listenerTests(set: () => SetWorld): void {
  requirement('settings-obo-unset-off', 'without OBO_LISTEN there are the main port and the admin port', async () => {
    const { host, ports, replica } = set();
    expect(listeningPorts(replica.pid)).toEqual([ports.mcp, ports.identityProviders].toSorted((a, b) => a - b));
    const headers = { 'x-forwarded-access-token': 'x' };
    expect(await send(host, { port: ports.mcp, path: '/mcp', method: 'POST', headers })).toMatchObject({ status: 400 });
  });

  requirement(
    'settings-admin-listen',
    'figures and causes are on the admin port, and not on the main one',
    async () => {
      const { host, ports } = set();
      const ask = (port: number, path: string) => send(host, { port, path });
      expect((await ask(ports.mcp, '/metrics')).status).toBe(404);
      expect((await ask(ports.identityProviders, '/metrics')).body).toContain('mcp_calls_running');
      const ill = async () =>
        Object.entries(await causes(host, ports.identityProviders)).filter(
          ([, dependency]) => dependency.status !== 'ok',
        );
      await expect.poll(ill, WAIT).toEqual([]);
      await expect
        .poll(async () => JSON.parse((await ask(ports.mcp, '/health')).body) as unknown, WAIT)
        .toEqual({ status: 'ok' });
      const named = Object.keys(await causes(host, ports.identityProviders));
      expect(named).toEqual(expect.arrayContaining(['platform', 'policy', 'portal_keys']));
    },
  );

  requirement('settings-admin-url-unused', 'no service of the stack was given ADMIN_DATABASE_URL', () => {
    const { world } = set();
    expect(world.environment['ADMIN_DATABASE_URL']).toContain('postgresql://postgres:');
    const folder = dirname(world.environment['JOURNAL_DIR'] ?? '');
    for (const service of SERVICES) {
      const given = environmentsOf(`services/${service}/src/main.ts`, folder);
      expect([service, given.length > 0]).toEqual([service, true]);
      for (const text of given) expect(text).not.toMatch(/ADMIN_DATABASE_URL|postgresql:\/\/postgres:/);
    }
  });
}

function loginTests(set: () => SetWorld): void {
  requirement('services-refuse-strong-login', 'a superuser’s login answers no call, and health says why', async () => {
    const { world, host } = set();
    const { mcp: port } = await freeStackPorts();
    const { OBO_LISTEN: _, ADMIN_DATABASE_URL: strong = '', ...env } = world.environment;
    const health = () => send(host, { port, path: '/health' });
    await using strongest = await startReplica({
      service: 'mcp',
      env: { ...env, DATABASE_URL: strong, MCP_LISTEN: `127.0.0.1:${port}` },
      isUp: async () => (await health()).body.includes('superuser'),
    });
    expect(strongest.pid).toBeGreaterThan(0);
    expect(await health()).toMatchObject({ status: 503, body: expect.stringContaining('login is superuser') });
    expect((await send(host, { port, path: '/readyz' })).status).toBe(503);
  });
}

function proxyTests(set: () => SetWorld): void {
  requirement(
    'settings-trusted-proxies',
    'X-Forwarded-For tells one address from another only when a trusted proxy says it',
    async () => {
      const { world, policy } = set();
      const { portal: port } = await freeStackPorts();
      const { ADMIN_DATABASE_URL: _, ...env } = world.environment;
      const host = new URL(env['PORTAL_PUBLIC_URL'] ?? '').host;
      await using behindProxy = await startReplica({
        service: 'portal',
        env: { ...env, PORTAL_LISTEN: `127.0.0.1:${port}`, TRUSTED_PROXIES: '127.0.0.1/32' },
        isUp: async () => (await send(host, { port, path: '/readyz' })).status === 200,
      });
      expect(behindProxy.pid).toBeGreaterThan(0);
      const statusFor = async (at: number, address: string) => {
        const headers = { 'x-forwarded-for': address, 'content-type': 'application/x-www-form-urlencoded' };
        return (await send(host, { port: at, path: '/oauth/token', method: 'POST', headers, body: 'a=b' })).status;
      };
      const limit = 'tokenRequestsPerMinutePerAddress: ';
      await policy.change((text) => changed(text, `${limit}600000`, `${limit}3`));
      let n = 0;
      const next = () => `203.0.${Math.floor(n / 250)}.${(n++ % 250) + 1}`;
      // To the stack's own portal all of them are 127.0.0.1.
      await expect.poll(() => statusFor(world.ports.portal, next()), WAIT).toBe(429);
      await expect.poll(() => statusFor(port, '198.51.100.7'), WAIT).toBe(429);
      for (let times = 0; times < 6; times++) expect(await statusFor(port, next())).toBe(401);
    },
  );
}
