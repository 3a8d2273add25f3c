import { type RedisLogin, startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** One key of each purpose, under the name that the services give it. */
const KEYS = {
  queue: 'bull:causeway-audit:meta',
  'account, consent, grant': 'causeway:portal:entry:x',
  'whose they are': 'causeway:portal:group:x',
  'token requests': 'causeway:portal:limit:x',
  revocations: 'causeway:revocations',
  'revocations, version': 'causeway:revocations:version',
  calls: 'causeway:calls:x',
  questions: '{causeway:genie}:all',
  'of another program': 'x',
} as const;

const PORTAL = { 'account, consent, grant': 'rw', 'whose they are': 'rw', 'token requests': 'rw' };
const RIGHTS: Readonly<Record<RedisLogin, Partial<Record<keyof typeof KEYS, string>>>> = {
  portal: { queue: 'rw', ...PORTAL, revocations: 'rw', 'revocations, version': 'rw' },
  mcp: { queue: 'rw', revocations: 'r', 'revocations, version': 'r', calls: 'rw', questions: 'rw' },
  'audit-worker': { queue: 'rw' },
  operator: { queue: 'rw' },
};
const LOGINS = Object.keys(RIGHTS) as RedisLogin[];

const REFUSED = [
  'KEYS *',
  'SCAN 0',
  'RANDOMKEY',
  'DBSIZE',
  'SELECT 1',
  'FLUSHDB',
  'FLUSHALL',
  'SWAPDB 0 1',
  'DUMP bull:causeway-audit:meta',
  'COPY bull:causeway-audit:meta bull:causeway-audit:other',
  'RENAME bull:causeway-audit:meta bull:causeway-audit:other',
  'MOVE bull:causeway-audit:meta 1',
  'SORT bull:causeway-audit:wait',
  'PUBLISH x y',
  'SUBSCRIBE x',
  'SCRIPT FLUSH',
  'SCRIPT KILL',
  'FUNCTION LIST',
  'FUNCTION FLUSH',
  'CONFIG GET *',
  'CONFIG SET appendonly no',
  'CONFIG REWRITE',
  'ACL LIST',
  'ACL SETUSER causeway_mcp allkeys',
  'CLIENT LIST',
  'CLIENT KILL TYPE normal',
  'CLIENT PAUSE 1',
  'MONITOR',
  'SLOWLOG GET',
  'LATENCY LATEST',
  'MEMORY STATS',
  'MODULE LIST',
  'SAVE',
  'BGSAVE',
  'BGREWRITEAOF',
  'REPLICAOF NO ONE',
  'PSYNC ? -1',
  'CLUSTER INFO',
  'SHUTDOWN NOSAVE',
];

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis?.stop());

const connect = (login: RedisLogin) => {
  const { username, password } = new URL(redis.urlOf(login));
  return redis.admin.duplicate({ username, password, maxRetriesPerRequest: 1, retryStrategy: () => null });
};
type Client = ReturnType<typeof connect>;

/** Whatever else it answers, it had to be allowed to. */
const isAllowed = (client: Client, [command = '', ...args]: readonly string[]) =>
  client.call(command, ...args).then(
    () => true,
    (error: unknown) => !/^(NOPERM|ERR The user executing the script can't)/.test((error as Error).message),
  );

const inScript = (...command: readonly string[]) => [
  'EVAL',
  `return redis.call(${command.map((word) => `'${word}'`).join(', ')})`,
  '0',
];

async function rightsOn(client: Client, key: string): Promise<string> {
  // As readers and writers do it, and by a script that says nothing of the key.
  const reads = [['GET', key], inScript('GET', key)];
  const writes = [['DEL', key], ['SET', key, 'x', 'PX', '1', 'XX'], inScript('DEL', key)];
  const allowed = async (commands: readonly (readonly string[])[]) => {
    const all = new Set(await Promise.all(commands.map((command) => isAllowed(client, command))));
    return all.size === 1 ? all.has(true) : undefined;
  };
  const [mayRead, mayWrite] = [await allowed(reads), await allowed(writes)];
  if (mayRead === undefined || mayWrite === undefined) return 'by one way, and not by another';
  return `${mayRead ? 'r' : ''}${mayWrite ? 'w' : ''}`;
}

describe.each(LOGINS)('the login of %s', (login) => {
  let client: Client;
  beforeAll(async () => {
    client = connect(login);
    await client.connect();
  });
  afterAll(() => client?.disconnect());

  test('reaches the keys of its purposes, and no other', async () => {
    const found = await Promise.all(
      Object.entries(KEYS).map(async ([purpose, key]) => [purpose, await rightsOn(client, key)] as const),
    );
    expect(Object.fromEntries(found.filter(([, rights]) => rights !== ''))).toEqual(RIGHTS[login]);
  });

  test('is refused what lists, empties, copies, sets up, watches or stops', async () => {
    const { username } = new URL(redis.urlOf(login));
    // The server's own judgement: a command that were allowed would do its work, and here it would be the end of the test.
    const judge = (command: string) => redis.admin.call('ACL', 'DRYRUN', username, ...command.split(' '));
    const judged = await Promise.all(REFUSED.map(async (command) => [command, String(await judge(command))] as const));
    const allowed = judged.filter(([, verdict]) => !/ has no permissions to run the /.test(verdict));
    expect(allowed).toEqual([]);
  });
});
