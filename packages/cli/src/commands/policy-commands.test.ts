import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { policyCheck } from './policy-check.ts';
import { policyDiff } from './policy-diff.ts';
import { policyExplain } from './policy-explain.ts';

const DEMO = fileURLToPath(new URL('../../../../infra/local/policy.yaml', import.meta.url));
const NORTHWIND = 'http://127.0.0.1:8710/northwind/';
const dir = mkdtempSync(join(tmpdir(), 'causeway-policy-'));
const demo = readFileSync(DEMO, 'utf8');
const lineOf = (start: string) => demo.split('\n').findIndex((line) => line.startsWith(start)) + 1;

beforeAll(() => {
  copyFileSync(DEMO, join(dir, 'demo.yaml'));
  writeFileSync(join(dir, 'bad.yaml'), demo.replace('version: 1', 'version: 2').replace('\ntools:', '\ntols:'));
  writeFileSync(
    join(dir, 'new.yaml'),
    demo.replace('query_audit_log: [executive, finance', 'query_audit_log: [managers, finance'),
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

async function causeway(line: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const written = { stdout: '', stderr: '' };
  const exitCode = await runCli(['policy', ...line], [policyCheck, policyDiff, policyExplain], {
    env,
    cwd: dir,
    version: '0',
    signal: new AbortController().signal,
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
  return { exitCode, ...written };
}

const token = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

const northwind = {
  iss: NORTHWIND,
  sub: 'auth0|w',
  'https://northwind.example/email': 'wanda@northwind.example',
  'https://northwind.example/roles': ['west-reps'],
};

test('check says that a good policy is good, and warns of files that are not there', async () => {
  const { stdout, exitCode } = await causeway(['check', 'demo.yaml']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^demo\.yaml:\d+:\d+: warning: .*there is no file/);
  expect(stdout).toMatch(
    /demo\.yaml is a good policy: 0 errors, \d+ warnings\ndigest {8}[0-9a-f]{64}\nengine digest [0-9a-f]{64}\n$/,
  );
});

test('check names every error with its line, and ends with 1', async () => {
  const { stdout, exitCode } = await causeway(['check', 'bad.yaml']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('bad.yaml:2:10: error: version: must be 1');
  expect(stdout).toContain(
    `bad.yaml:${lineOf('tools:')}:1: error: tols: there is no setting "tols" here. Did you mean "tools"?`,
  );
  expect(stdout).toContain('bad.yaml is refused: 3 errors');
});

test('check takes the policy of CAUSEWAY_POLICY, and refuses to guess without it', async () => {
  expect(await causeway(['check'], { CAUSEWAY_POLICY: 'demo.yaml' })).toMatchObject({ exitCode: 0 });
  expect(await causeway(['check'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('or set CAUSEWAY_POLICY'),
  });
  expect(await causeway(['check', 'none.yaml'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('ENOENT'),
  });
});

test('check --production refuses the demo policy', async () => {
  const { stdout, exitCode } = await causeway(['check', 'demo.yaml', '--production']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('resource: is on this machine, which production does not allow');
});

test('check --json is JSON', async () => {
  const good = await causeway(['check', 'demo.yaml', '--json']);
  expect(JSON.parse(good.stdout)).toMatchObject({
    file: 'demo.yaml',
    ok: true,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const bad = await causeway(['check', 'bad.yaml', '--json']);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    ok: false,
    problems: expect.arrayContaining([
      expect.objectContaining({ severity: 'error', line: 2, column: 10, path: 'version' }),
    ]),
  });
});

test('explain says what a role may do, sees and reads, each with the line that decides', async () => {
  const { stdout, exitCode } = await causeway(['explain', 'demo.yaml', '--role', 'west_sales']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    `  yes  check_identity        allowed  (tools.check_identity, demo.yaml:${lineOf('  check_identity:')})`,
  );
  expect(stdout).toContain(
    `is not given to the role "west_sales" (tools.ask_supervisor, demo.yaml:${lineOf('  ask_supervisor:')})`,
  );
  expect(stdout).toContain(
    `region = 'WEST'  (data["sales.deals"].rows.west_sales, demo.yaml:${lineOf('      west_sales: region')})`,
  );
  expect(stdout).toContain('no   sales.deals.margin_pct  masked');
  expect(stdout).toContain('no   github  not granted');
});

test.each([
  [['--role', 'managers', '--tool', 'query_audit_log'], 1, 'no   query_audit_log  access_denied'],
  [['--role', 'finance', '--tool', 'query_audit_log'], 0, 'yes  query_audit_log  allowed'],
  [['--email', 'Olivia@causeway.example', '--tool', 'query_audit_log'], 0, 'granted to one of the groups'],
  [['--email', 'nobody@causeway.example'], 1, 'nothing is known of nobody@causeway.example'],
  [
    ['--provider', 'fabrikam', '--claims', '{"groups":["finance-office"]}'],
    0,
    'role finance, by providers[1].roles.finance-office, demo.yaml:',
  ],
  [
    ['--provider', 'fabrikam', '--claims', '{"groups":[]}'],
    1,
    'refused     no_role: no value of the claim "groups" means a role',
  ],
  [['--token', token(northwind)], 0, 'human       wanda@northwind.example (auth0|w at '],
  [['--token', token({ iss: 'https://elsewhere.example/' })], 1, 'the token’s issuer is no provider of this policy'],
  [
    ['--token', token({ iss: 'http://127.0.0.1:8710/workspace', email: 'omar@causeway.example' })],
    0,
    'human omar@causeway.example of the workspace',
  ],
  [
    [
      '--token',
      token({ iss: 'p', aud: 'http://127.0.0.1:8701/mcp', role: 'admin', sub: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c06' }),
    ],
    0,
    'role admin',
  ],
  [
    ['--token', token({ iss: 'p', aud: 'http://127.0.0.1:8701/mcp', role: 'admin', sub: 'other' })],
    1,
    'another principal now',
  ],
])('explain %j ends with %i', async (options, code, expected) => {
  const { stdout, exitCode } = await causeway(['explain', 'demo.yaml', ...options]);
  expect(stdout).toContain(expected);
  expect(exitCode).toBe(code);
});

test('explain says plainly that a token was not verified, and does not repeat it', async () => {
  const { stdout } = await causeway(['explain', 'demo.yaml', '--token', token(northwind)]);
  expect(stdout).toMatch(/^The token was decoded and NOT verified/);
  expect(stdout).not.toContain(token(northwind).split('.')[1]);
  const json = await causeway(['explain', 'demo.yaml', '--json', '--token', token(northwind)]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    notes: [expect.stringContaining('NOT verified')],
    explanation: { who: 'role west_sales' },
  });
});

test('explain tells when the tenant of a token is not the pinned one', async () => {
  const contoso = {
    iss: 'http://127.0.0.1:8710/contoso/5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10/v2.0',
    sub: 'a',
    roles: ['Causeway.Admin'],
    tid: 'x',
  };
  const { stdout } = await causeway(['explain', 'demo.yaml', '--token', token(contoso)]);
  expect(stdout).toContain('Its "tid" is not the tenant of "contoso": the portal refuses it.');
});

test.each([
  [['--role', 'wset_sales'], 'did you mean west_sales?'],
  [['--role', 'admin', '--tool', 'query_audit_logs'], 'did you mean query_audit_log?'],
  [[], 'say whom'],
  [['--role', 'admin', '--email', 'a@b.example'], 'say whom'],
  [['--provider', 'fabrikam'], '--provider and --claims go together'],
  [['--provider', 'fabrikam', '--claims', 'secret-thing'], '--claims is not a JSON object'],
  [['--token', 'secret-thing'], '--token is not a JWT'],
])('explain %j is wrong usage', async (options, expected) => {
  const { stderr, stdout, exitCode } = await causeway(['explain', 'demo.yaml', ...options]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(expected);
  expect(stderr).not.toContain('secret-thing');
});

test('a refused policy explains nothing, and says what is wrong with it', async () => {
  const { stdout, stderr, exitCode } = await causeway(['explain', 'bad.yaml', '--role', 'admin']);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 78 });
  expect(stderr).toContain('bad.yaml:2:10: error: version: must be 1');
});

test('diff says who gains and who loses', async () => {
  expect(await causeway(['diff', 'demo.yaml', 'new.yaml'])).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `role managers
  gains   the tool query_audit_log

role executive
  loses   the tool query_audit_log

Sections that differ: tools
`,
  });
  expect((await causeway(['diff', 'demo.yaml', 'demo.yaml'])).stdout).toBe('Both say the same.\n');
});

test('diff with one FILE compares it with the policy of CAUSEWAY_POLICY', async () => {
  const { stdout } = await causeway(['diff', 'new.yaml', '--json'], { CAUSEWAY_POLICY: 'demo.yaml' });
  expect(JSON.parse(stdout)).toEqual({
    changes: [
      { who: 'role managers', change: 'gains', what: 'the tool query_audit_log' },
      { who: 'role executive', change: 'loses', what: 'the tool query_audit_log' },
    ],
    sections: ['tools'],
  });
});
