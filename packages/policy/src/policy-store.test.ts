import { expect, test } from 'vitest';
import { decideTool } from './decide-tool.ts';
import { type PolicyChanged, type PolicyRefusal, PolicyStore } from './policy-store.ts';
import { reportWarnings } from './report-warnings.ts';
import { BASE_POLICY, changedPolicy } from './testing/base-policy.ts';
import { humanWith } from './testing/callers.ts';

const BAD = changedPolicy(['version: 1', 'version: 2']);
const REVOKED = changedPolicy(['roles: []', 'roles: [sales]']);

/** A file that the test writes, a clock that it holds, and everything that the store says. */
async function openStore(first = BASE_POLICY) {
  const world = {
    text: first as string | Error,
    now: new Date('2026-08-01T10:00:00Z'),
    refusals: [] as PolicyRefusal[],
    errors: [] as unknown[],
    changes: [] as PolicyChanged[],
    timers: [] as { delayMs: number; callback: () => void }[],
    calledOff: 0,
  };
  const store = await PolicyStore.open({
    file: 'policy.yaml',
    revocations: undefined,
    read: async () => {
      if (typeof world.text !== 'string') throw world.text;
      return world.text;
    },
    now: () => world.now,
    after: (delayMs, callback) => {
      world.timers.push({ delayMs, callback });
      return () => world.calledOff++;
    },
    onRefused: (refusal) => world.refusals.push(refusal),
    onError: (error) => world.errors.push(error),
  });
  store.subscribe((changed) => world.changes.push(changed));
  const edit = async (text: string | Error) => {
    world.text = text;
    await store.poll();
    await store.poll();
  };
  return { store, world, edit };
}

test('a start without a good policy fails with config_invalid', async () => {
  await expect(openStore(BAD)).rejects.toMatchObject({ code: 'config_invalid', problems: [{ line: 1, column: 10 }] });
  const read = () => Promise.reject(new Error('gone'));
  const deps = {
    file: 'p',
    revocations: undefined,
    read,
    now: () => new Date(),
    after: () => () => {},
    onRefused: () => {},
    onError: () => {},
  };
  await expect(PolicyStore.open(deps)).rejects.toMatchObject({ code: 'config_invalid' });
});

test('a good edit is taken, told to subscribers with its difference, and holds for the next call', async () => {
  const { store, world, edit } = await openStore();
  const before = store.current;
  const sales = humanWith(before.policy, 'sales');
  expect(decideTool(store.current, sales, 'query_sales_data')).toMatchObject({ allowed: true });
  world.now = new Date('2026-08-01T11:00:00Z');
  await edit(REVOKED);
  expect(decideTool(store.current, sales, 'query_sales_data')).toMatchObject({ allowed: false, code: 'invalid_token' });
  expect(world.changes).toHaveLength(1);
  expect(world.changes[0]).toMatchObject({ before, after: store.current, diff: { sections: ['revoked'] } });
  expect(store.health).toMatchObject({
    status: 'ok',
    digest: store.current.digest,
    loadedAt: world.now,
    lastRefusal: undefined,
  });
});

test('what policy check warns of is said at the start, and once after each edit that holds', async () => {
  const stranger = changedPolicy(['issuer: https://acme.example/, subject', 'issuer: https://gone.example/, subject']);
  const { store, edit } = await openStore(stranger);
  const said: (readonly string[])[] = [];
  reportWarnings(store, (warnings) => said.push(warnings));
  const warning = expect.stringMatching(
    /^policy.yaml:\d+:\d+: warning: revoked.humans\[0\].issuer: is the issuer of no/,
  );
  expect(said).toEqual([[warning]]);
  await edit(BAD);
  await edit(BASE_POLICY);
  expect(said).toHaveLength(1);
  await edit(stranger);
  await edit(stranger);
  expect(said).toEqual([[warning], [warning]]);
});

test('a bad edit is refused whole, told once, shown in health, and the old policy stays', async () => {
  const { store, world, edit } = await openStore();
  const before = store.current;
  await edit(BAD);
  await edit(BAD);
  expect(store.current).toBe(before);
  expect(world.changes).toEqual([]);
  expect(world.refusals).toHaveLength(1);
  expect(world.refusals[0]?.problems).toMatchObject([{ line: 1, column: 10, path: 'version' }]);
  expect(store.health).toMatchObject({ status: 'degraded', digest: before.digest });
  expect(store.health.text).toContain(
    'the edit seen at 2026-08-01T10:00:00.000Z is refused, policy.yaml:1:10: error: version',
  );
});

test('a good edit after a bad one, and a return to the old text, clear the refusal', async () => {
  const { store, world, edit } = await openStore();
  await edit(BAD);
  await edit(BASE_POLICY);
  expect(store.health).toMatchObject({ status: 'ok', lastRefusal: undefined });
  expect(world.changes).toEqual([]);
  await edit(BAD);
  await edit(REVOKED);
  expect(store.health.status).toBe('ok');
  expect(world.changes).toHaveLength(1);
});

test('a text is judged only when it was read twice alike, so that half an edit never holds', async () => {
  const { store, world } = await openStore();
  const before = store.current;
  for (const text of [REVOKED.slice(0, -40), REVOKED, REVOKED.replace('version: 1', 'version: 7')]) {
    world.text = text;
    await store.poll();
  }
  expect(store.current).toBe(before);
  expect(world.refusals).toEqual([]);
});

test('a file that is gone leaves the old policy, and is told once', async () => {
  const { store, world, edit } = await openStore();
  const gone = Object.assign(new Error('no such file, secret path'), { code: 'ENOENT' });
  await edit(gone);
  await edit(gone);
  expect(store.current.policy.version).toBe(1);
  expect(world.refusals.map(({ problems }) => problems[0]?.message)).toEqual(['cannot be read: ENOENT']);
});

test('a change of comments alone is no change of the policy', async () => {
  const { store, world, edit } = await openStore();
  await edit(`# reviewed\n${BASE_POLICY}`);
  expect(world.changes).toEqual([]);
  expect(store.current.locate(['version'])).toEqual({ line: 2, column: 1 });
});

test('a subscriber that throws stops neither the change nor the other subscribers', async () => {
  const { store, world, edit } = await openStore();
  const order: string[] = [];
  store.subscribe(() => {
    throw new Error('broken');
  });
  const stop = store.subscribe(({ after }) => order.push(store.current === after ? 'current' : 'early'));
  await edit(REVOKED);
  expect(world.errors).toMatchObject([{ message: 'broken' }]);
  expect(order).toEqual(['current']);
  stop();
  await edit(BASE_POLICY);
  expect(order).toHaveLength(1);
});

test('the file is looked at again and again, until it is stopped', async () => {
  const { store, world } = await openStore();
  store.start();
  expect(world.timers.map(({ delayMs }) => delayMs)).toEqual([500]);
  world.text = REVOKED;
  for (const turn of [1, 2]) {
    world.timers.at(-1)?.callback();
    await expect.poll(() => world.timers.length).toBe(turn + 1);
  }
  expect(world.changes).toHaveLength(1);
  store.stop();
  world.timers.at(-1)?.callback();
  await store.poll();
  expect([world.calledOff, world.timers.length]).toEqual([1, 3]);
});

test('revocations beside the document stay with every new policy', async () => {
  const revocations = {
    revocationOf: () => ({ what: { kind: 'role', role: 'sales' }, reason: 'reported stolen' }) as const,
  };
  const world = { text: BASE_POLICY };
  const store = await PolicyStore.open({
    file: 'p',
    read: async () => world.text,
    now: () => new Date(0),
    after: () => () => {},
    onRefused: () => {},
    onError: () => {},
    revocations,
  });
  expect(store.current.revocations).toBe(revocations);
  world.text = REVOKED;
  await store.poll();
  await store.poll();
  expect(store.current.policy.revoked.roles).toEqual(['sales']);
  expect(store.current.revocations).toBe(revocations);
});
