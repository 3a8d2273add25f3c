import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../infra/docker/make-secrets.sh', import.meta.url));

/** An openssl that works so many times, and then no more. */
const brokenAfter = (times: number, counter: string) => `#!/bin/sh
echo x >>${counter}
[ "$(wc -l <${counter})" -le ${times} ] && exec /usr/bin/openssl "$@"
exit 1
`;

test.each([0, 1, 2, 3, 4, 7, 9, 11])('whatever breaks (after %s steps), no secret is left empty', (times) => {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-secrets-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const place = join(dir, 'secrets');
  const make = (path: string) =>
    spawnSync(SCRIPT, [place, 'portal.example.com', 'mcp.example.com'], { env: { PATH: path } }).status;
  writeFileSync(join(dir, 'openssl'), brokenAfter(times, join(dir, 'count')), { mode: 0o755 });
  expect(make(`${dir}:/usr/bin:/bin`)).not.toBe(0);
  // What is there is never replaced: so it must be good.
  expect(make('/usr/bin:/bin')).toBe(0);
  const short = readdirSync(place).filter((name) => statSync(join(place, name)).size < 40);
  expect(short).toEqual([]);
});
