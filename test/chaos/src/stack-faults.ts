import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { rotateSigningKeys } from '@causeway/auth';
import { fillFile } from '@causeway/test-audit/fill-file';
import { pick } from '@causeway/test-audit/seeded-random';
import type { Excuse } from './fault-ledger.ts';
import { hasFakeClock } from './fake-clock.ts';
import { type ReplicaName, REPLICAS, type StackWorld } from './stack-world.ts';

export interface StackFault {
  readonly excuse: Excuse;
  readonly run: (world: StackWorld, random: () => number) => Promise<void>;
  readonly isPossible?: (world: StackWorld) => boolean;
}

const DOWN = ['upstream_unavailable', 'upstream_timeout'];
/** What the portal says when its state is away. */
const NO_STATE = [...DOWN, 'temporarily_unavailable', 'rate_limited'];

const seconds = (random: () => number, most: number) => delay(300 + random() * most * 1000);

/** What befalls a process. Only one of these at a time, so that one replica of each service is always there. */
export const PROCESS_FAULTS: Readonly<Record<string, StackFault>> = {
  'a process is killed': {
    excuse: { codes: [], breaks: true },
    run: async (world, random) => {
      const name = pick(REPLICAS, random);
      await world.kill(name);
      await seconds(random, 2);
      await world.startReplica(name);
    },
  },
  'a process is stopped and started': {
    excuse: { codes: [], breaks: true },
    run: async (world, random) => {
      const name = pick(REPLICAS, random);
      await world.stop(name);
      await world.startReplica(name);
    },
  },
  'a process pauses': {
    excuse: { codes: [...DOWN, 'temporarily_unavailable'], breaks: true },
    run: (world, random) => pause(world, pick(REPLICAS, random), random),
  },
  'a clock is set': {
    excuse: { codes: ['invalid_token', 'invalid_grant', 'invalid_request', 'rate_limited', ...NO_STATE] },
    isPossible: () => hasFakeClock,
    run: async (world, random) => {
      world.setClocks(pick([-3600, -90, -5, 5, 90, 1200, 86_400], random));
      await seconds(random, 4);
      world.setClocks(0);
    },
  },
};

async function pause(world: StackWorld, name: ReplicaName, random: () => number): Promise<void> {
  const replica = world.replica(name);
  replica.signal('SIGSTOP');
  await seconds(random, 4);
  replica.signal('SIGCONT');
}

/** What befalls everything between and behind the processes. */
export const OUTSIDE_FAULTS: Readonly<Record<string, StackFault>> = {
  'the warehouse is cut off': proxied('warehouse', DOWN, (proxy) => proxy.refuse()),
  'the warehouse hangs': proxied('warehouse', DOWN, (proxy) => proxy.hold()),
  'the warehouse is slow': proxied('warehouse', DOWN, (proxy) => proxy.lag(150)),
  'connections to the warehouse break': proxied('warehouse', DOWN, (proxy) => proxy.cut()),
  'the shared state is cut off': proxied('state', NO_STATE, (proxy) => proxy.refuse()),
  'the shared state hangs': proxied('state', NO_STATE, (proxy) => proxy.hold()),
  'the shared state is slow': proxied('state', NO_STATE, (proxy) => proxy.lag(100)),
  'connections to the shared state break': proxied('state', NO_STATE, (proxy) => proxy.cut()),
  'connections of callers break': {
    excuse: { codes: [], breaks: true },
    run: async ({ proxies }) => {
      for (const proxy of [proxies.mcp, proxies.obo, proxies.portal]) proxy.cut();
    },
  },
  'Redis is killed': {
    excuse: { codes: NO_STATE },
    isPossible: ({ redis }) => redis !== undefined,
    run: async ({ redis }, random) => {
      await redis?.kill();
      await seconds(random, 2);
      await redis?.restart();
    },
  },
  'Redis is wiped clean': {
    excuse: { codes: NO_STATE },
    isPossible: ({ redis }) => redis !== undefined,
    run: async ({ redis }) => void (await redis?.admin.flushall()),
  },
  'the disk of the journals is full': {
    excuse: { codes: ['audit_unavailable', 'temporarily_unavailable'] },
    isPossible: ({ isDiskSmall }) => isDiskSmall,
    run: async ({ environment }, random) => {
      const filler = join(environment.JOURNAL_DIR, 'filler');
      const file = openSync(filler, 'w');
      try {
        for (const end = Date.now() + 1500 + random() * 2000; Date.now() < end; await delay(20)) fillFile(file);
      } finally {
        closeSync(file);
        rmSync(filler);
      }
    },
  },
  'the portal’s keys are rotated': {
    excuse: { codes: [] },
    run: async ({ environment }) => {
      rotateSigningKeys({ dir: environment.PORTAL_KEYS_DIR, now: Date.now });
      await delay(1500);
    },
  },
  'a role is revoked': {
    excuse: {
      codes: ['access_denied', 'invalid_token', 'invalid_grant', 'invalid_request'],
      who: 'erik@northwind.example',
    },
    run: (world, random) => edited(world, (text) => `${text}\nrevoked: { roles: [east_sales] }\n`, random),
  },
  'an edit of the policy is nonsense': {
    excuse: { codes: [] },
    run: (world, random) => edited(world, (text) => text.replace('sales.deals:', 'sales deals:'), random),
  },
};

async function edited(world: StackWorld, change: (text: string) => string, random: () => number): Promise<void> {
  const { CAUSEWAY_POLICY: file } = world.environment;
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  await seconds(random, 4);
  writeFileSync(file, before);
  await delay(2000);
}

type Proxy = StackWorld['proxies']['warehouse'];

function proxied(name: 'warehouse' | 'state', codes: readonly string[], harm: (proxy: Proxy) => void): StackFault {
  return {
    excuse: { codes },
    run: async ({ proxies }, random) => {
      harm(proxies[name]);
      await seconds(random, 4);
      proxies[name].heal();
    },
  };
}
