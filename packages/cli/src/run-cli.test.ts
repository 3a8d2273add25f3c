import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';

import { defineCommand } from './command.ts';
import { CommandError, EXIT_NO } from './command-error.ts';
import { COMMANDS } from './commands/index.ts';
import { runCli } from './run-cli.ts';

interface Given {
  readonly commands?: typeof COMMANDS;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

async function run(
  argv: readonly string[],
  { commands = COMMANDS, env = {}, signal = new AbortController().signal }: Given = {},
) {
  const written = { stdout: '', stderr: '' };
  const exitCode = await runCli(argv, commands, {
    env,
    cwd: '/',
    version: '1.2.3',
    signal,
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
  return { exitCode, ...written };
}

const failing = (failure: unknown) => [
  defineCommand({
    name: 'fail',
    summary: 'Fail.',
    options: {},
    run: async () => {
      throw failure;
    },
  }),
];

// A pin: people read it, and scripts rely on it.
test('the help page of one command', async () => {
  expect(await run(['dev', 'token', '--help'])).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `Usage: causeway dev token --idp ID --user EMAIL [--id-token] [--json]

Print a real signed token of a demo person, and nothing else.
Signs in at the running identity provider as a browser would. The stack must be running: npm start.

Options:
      --idp ID      northwind, fabrikam, contoso, workspace
      --user EMAIL  the e-mail address of the demo person
      --id-token    the ID token instead of the access token
      --json        print JSON: { token }
  -h, --help        this page
`,
  });
});

test('the help page of everything names every command, and no line is wider than a terminal', async () => {
  const { stdout, exitCode } = await run(['--help']);
  expect(exitCode).toBe(0);
  for (const { name, summary } of COMMANDS) expect(stdout.replaceAll(/ {2,}/g, ' ')).toContain(` ${name} ${summary}\n`);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});

test('the help page of a group', async () => {
  const { stdout } = await run(['dev', '--help']);
  expect(stdout).toMatch(/^Usage: causeway dev COMMAND \[OPTIONS\]\n/);
  expect(stdout).not.toContain('--version');
});

test('the version', async () => {
  expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
});

test.each([
  [undefined, 0],
  [0, 0],
  [1, 1],
])('a command that answers %s ends with exit code %s', async (answer, exitCode) => {
  const commands = [defineCommand({ name: 'ask', summary: 'Ask.', options: {}, run: async () => answer })];
  expect(await run(['ask'], { commands })).toEqual({ exitCode, stdout: '', stderr: '' });
});

test.each([
  [new CommandError(EXIT_NO, 'it is not there'), 1, 'it is not there'],
  [new CommandError(78, 'two\n  lines'), 78, 'two lines'],
  [new AppError('config_invalid', 'POLICY is wrong'), 78, 'POLICY is wrong'],
  [new AppError('upstream_unavailable', 'no database'), 1, 'no database'],
  [new TypeError('x is not a function'), 1, 'x is not a function'],
  ['a string', 1, 'something that is no error was thrown'],
])('the failure %s is one line on stderr', async (failure, exitCode, message) => {
  expect(await run(['fail'], { commands: failing(failure) })).toEqual({
    exitCode,
    stdout: '',
    stderr: `causeway: ${message}\n`,
  });
});

test('a command that the user ended says nothing more', async () => {
  const outcome = await run(['fail'], { commands: failing(new Error('aborted')), signal: AbortSignal.abort() });
  expect(outcome).toEqual({ exitCode: 130, stdout: '', stderr: '' });
});

test('where an error came from is shown only when it is asked for, causes included', async () => {
  const failure = new CommandError(EXIT_NO, 'outer', new Error('inner'));
  const { stderr } = await run(['fail'], { commands: failing(failure), env: { CAUSEWAY_DEBUG: '1' } });
  expect(stderr).toMatch(/^causeway: outer\nCommandError: outer\n {4}at [\s\S]*caused by Error: inner\n {4}at /);
});

test.each(COMMANDS)('$name is described: a sentence, and a help text for each option', ({ name, summary, options }) => {
  expect(name).toMatch(/^[a-z]+( [a-z-]+)*$/);
  expect(summary).toMatch(/^[A-Z].*\.$/);
  for (const { help } of Object.values(options)) expect(help).not.toBe('');
});

describe.each(COMMANDS)('$name', ({ name, options }) => {
  const words = name.split(' ');

  test('has a page, on stdout alone, and `causeway help` shows the same', async () => {
    const page = await run([...words, '--help']);
    expect(page).toMatchObject({ exitCode: 0, stderr: '' });
    expect(page.stdout).toMatch(new RegExp(`^Usage: causeway ${name}\\b`));
    expect(await run(['help', ...words])).toEqual(page);
  });

  test('prints its result as JSON when it is asked to', () => {
    expect(options['json']).toMatchObject({ type: 'boolean', help: expect.stringMatching(/^print .*JSON/) });
  });

  test('refuses an option that it does not have, with exit code 2 and nothing on stdout', async () => {
    const refused = await run([...words, '--no-such-option']);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^causeway: Unknown option '--no-such-option'.*; usage: causeway .*\n$/);
  });
});
