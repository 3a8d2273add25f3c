import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../infra/docker/make-secrets.sh', import.meta.url));
const RULES = new URL('../../infra/docker/redis-users.acl', import.meta.url);

function openPlace() {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-secrets-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const place = join(dir, 'secrets');
  mkdirSync(place);
  return {
    dir,
    file: (name: string) => join(place, name),
    make: (path = '/usr/bin:/bin') => {
      const args = [place, 'portal.example.com', 'mcp.example.com'];
      const { status, stderr } = spawnSync(SCRIPT, args, { env: { PATH: path }, encoding: 'utf8' });
      return { status, stderr };
    },
    content: () =>
      Object.fromEntries(readdirSync(place).map((name) => [name, readFileSync(join(place, name), 'utf8')])),
  };
}

/** An openssl that works so many times, and then no more. */
const brokenAfter = (times: number, counter: string) => `#!/bin/sh
echo x >>${counter}
[ "$(wc -l <${counter})" -le ${times} ] && exec /usr/bin/openssl "$@"
exit 1
`;

test.each([0, 1, 2, 3, 4, 7, 9, 11])('whatever breaks (after %s steps), no secret is left empty', (times) => {
  const { dir, file, make, content } = openPlace();
  writeFileSync(join(dir, 'openssl'), brokenAfter(times, join(dir, 'count')), { mode: 0o755 });
  expect(make(`${dir}:/usr/bin:/bin`).status).not.toBe(0);
  // What is there is never replaced: so it must be good.
  expect(make()).toMatchObject({ status: 0 });
  const short = Object.keys(content()).filter((name) => statSync(file(name)).size < 40);
  expect(short).toEqual([]);
});

test('Redis gets the shipped rights, with the hash of each login’s own password', () => {
  const { make, content } = openPlace();
  expect(make()).toMatchObject({ status: 0 });
  const made = content();
  const hashOf = (login: string) => {
    const { password } = new URL(made[`redis-url-${login}`] ?? '');
    return createHash('sha256').update(password).digest('hex');
  };
  const shipped = readFileSync(RULES, 'utf8').replaceAll(/^#.*\n/gm, '');
  expect(made['redis-users']).toBe(shipped.replaceAll(/PASSWORD_(\S+)/g, (_, login: string) => `#${hashOf(login)}`));
  // Again, it makes nothing and refuses nothing.
  expect(make()).toMatchObject({ status: 0 });
  expect(content()).toEqual(made);
});

test('users of Redis from before, who lack the logins of now: nothing is made, and it says what to do', () => {
  const { file, make, content } = openPlace();
  const before = {
    'redis-url': `rediss://default:${'p'.repeat(40)}@redis:6379\n`,
    'redis-users': `user default on #${'a'.repeat(64)} ~* &* +@all\n`,
  };
  for (const [name, text] of Object.entries(before)) writeFileSync(file(name), text);
  expect(make()).toEqual({ status: 1, stderr: expect.stringMatching(/redis-users .*causeway_portal[^]*move it away/) });
  expect(content()).toEqual(before);

  rmSync(file('redis-users'));
  expect(make()).toMatchObject({ status: 0 });
  expect(content()['redis-users']?.match(/^user causeway_/gm)).toHaveLength(4);
  // While services are moved, Redis may know the old login as well.
  const both = (content()['redis-users'] ?? '').replace(/^user default .*\n/m, before['redis-users']);
  writeFileSync(file('redis-users'), both);
  expect(make()).toMatchObject({ status: 0 });
  expect(content()).toMatchObject({ ...before, 'redis-users': both });
});

test('users of Redis who hold another password of one login, or one that is still to be made: nothing is made', () => {
  const { file, make, content } = openPlace();
  expect(make()).toMatchObject({ status: 0 });
  for (const name of ['portal', 'mcp', 'audit-worker', 'operator']) {
    const refused = { status: 1, stderr: expect.stringContaining(`no login causeway_${name.replace('-', '_')} `) };
    const url = readFileSync(file(`redis-url-${name}`), 'utf8');
    writeFileSync(file(`redis-url-${name}`), url.replace(/:[^:@]+@/, `:${'x'.repeat(43)}@`));
    const changed = content();
    expect(make()).toEqual(refused);
    expect(content()).toEqual(changed);
    rmSync(file(`redis-url-${name}`));
    expect(make()).toEqual(refused);
    expect(Object.keys(content())).not.toContain(`redis-url-${name}`);
    writeFileSync(file(`redis-url-${name}`), url);
  }
});
