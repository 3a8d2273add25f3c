import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { CHECKOUT, type Finished, runCommand } from './command.ts';
import { requirement } from './requirement.ts';
import { temporaryFolder } from './temporary-folder.ts';

const DEMO = join(CHECKOUT, 'infra/local/policy.yaml');

let folder: ReturnType<typeof temporaryFolder>;

beforeAll(() => {
  folder = temporaryFolder();
});

afterAll(() => folder[Symbol.dispose]());

function policy(...args: string[]): Promise<Finished> {
  return runCommand(['npx', 'causeway', 'policy', ...args]);
}

/** The demo policy with one piece of text changed. */
function changed(name: string, from: string, to: string): string {
  const text = readFileSync(DEMO, 'utf8');
  if (!text.includes(from)) throw new Error(`the demo policy has no ${from}`);
  const file = join(folder.path, name);
  writeFileSync(file, text.replace(from, to));
  return file;
}

function lineOf(file: string, text: string): number {
  return (
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  );
}

requirement(
  ['policy-strict', 'policy-all-errors-with-line', 'policy-refused-whole'],
  'check names an unknown key and a wrong value, each with its line, and refuses the whole document',
  async () => {
    const file = changed('wrong.yaml', 'version: 1', 'version: 1\ncolour: red');
    writeFileSync(file, readFileSync(file, 'utf8').replace('scopes: [sql, genie] }', 'scopes: [sql, flying] }'));
    const { exitCode, stdout, stderr } = await policy('check', file);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain(`${file}:${lineOf(file, 'colour:')}:`);
    expect(stdout + stderr).toContain(`${file}:${lineOf(file, 'flying')}:`);
  },
);

requirement('policy-explain', 'explain says what a role may do, and which line decided', async () => {
  const line = lineOf(DEMO, '  query_audit_log:');
  const refused = await policy('explain', DEMO, '--role', 'west_sales', '--tool', 'query_audit_log');
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/access_denied/);
  expect(refused.stdout).toContain(`:${line})`);
  const allowed = await policy('explain', DEMO, '--role', 'finance', '--tool', 'query_audit_log');
  expect(allowed.exitCode).toBe(0);
  expect(allowed.stdout).toContain(`:${line})`);
});

requirement('policy-own-group', 'a role has the group of its own name without being given it', async () => {
  const { stdout } = await policy('explain', DEMO, '--role', 'west_sales', '--json');
  expect(stdout).toMatch(/"groups": \[\s*"west_sales"/);
});

requirement('policy-diff', 'diff says who loses what', async () => {
  const file = changed(
    'less.yaml',
    'query_audit_log: [executive, finance, admin]',
    'query_audit_log: [executive, admin]',
  );
  const { stdout } = await policy('diff', DEMO, file);
  expect(stdout).toMatch(/role finance\n +loses +the tool query_audit_log/);
  expect(stdout).not.toMatch(/role (executive|admin|west_sales)/);
});

requirement('policy-file-or-variable', 'check, explain and diff take a file, or CAUSEWAY_POLICY', async () => {
  const env = { CAUSEWAY_POLICY: DEMO };
  const byVariable = await runCommand(['npx', 'causeway', 'policy', 'check'], { env });
  expect(byVariable).toMatchObject({ exitCode: 0, stdout: (await policy('check', DEMO)).stdout });
  const explained = await runCommand(['npx', 'causeway', 'policy', 'explain', '--role', 'admin'], { env });
  expect(explained.exitCode).toBe(0);
  const same = await runCommand(['npx', 'causeway', 'policy', 'diff', DEMO], { env });
  expect(same.exitCode).toBe(0);
});

requirement('policy-sql-postgres', 'sql prints SQL for Postgres with the row filter of the policy', async () => {
  const { exitCode, stdout } = await policy('sql', DEMO, '--dialect', 'postgres');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/CREATE .*VIEW/);
  expect(stdout).toContain(`'WEST'`);
});

requirement('policy-sql-databricks', 'sql prints filters, masks and grants for Unity Catalog', async () => {
  const { exitCode, stdout } = await policy('sql', DEMO, '--dialect', 'databricks');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/SET ROW FILTER/);
  expect(stdout).toMatch(/SET MASK/);
  expect(stdout).toContain(`'WEST'`);
});

requirement('policy-sql-file-or-variable', 'sql takes a file, or CAUSEWAY_POLICY', async () => {
  const line = ['npx', 'causeway', 'policy', 'sql', '--dialect', 'postgres'] as const;
  const byVariable = await runCommand([...line], { env: { CAUSEWAY_POLICY: DEMO } });
  expect(byVariable).toMatchObject({
    exitCode: 0,
    stdout: (await policy('sql', DEMO, '--dialect', 'postgres')).stdout,
  });
});
