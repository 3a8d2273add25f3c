import { describe, expect, test } from 'vitest';

import { defineCommand } from './command.ts';
import { CommandError } from './command-error.ts';
import { parseCommandLine } from './parse-command-line.ts';

const done = async () => {};
const check = defineCommand({
  name: 'policy check',
  summary: 'Check a policy.',
  operands: [{ name: 'FILE', required: false }],
  options: { json: { type: 'boolean', help: 'print JSON' } },
  run: done,
});
const diff = defineCommand({
  name: 'policy diff',
  summary: 'Compare two policies.',
  operands: [
    { name: 'OLD', required: true },
    { name: 'NEW', required: true },
  ],
  options: {},
  run: done,
});
const token = defineCommand({
  name: 'dev token',
  summary: 'Print a token.',
  options: {
    idp: { type: 'string', value: 'ID', required: true, short: 'i', help: 'who' },
    scope: { type: 'string', value: 'SCOPE', help: 'what' },
    'id-token': { type: 'boolean', help: 'which' },
  },
  run: done,
});
const commands = [check, diff, token];

const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean), commands);

function refusalOf(line: string): { exitCode: number; message: string } {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a command', () => {
  test('gets its options by name, booleans always, absent texts not at all', () => {
    expect(parse('dev token --idp northwind')).toEqual({
      kind: 'run',
      command: token,
      args: { options: { idp: 'northwind', 'id-token': false }, operands: [] },
    });
    expect(parse('dev token -i northwind --scope=sql --id-token')).toMatchObject({
      args: { options: { idp: 'northwind', scope: 'sql', 'id-token': true } },
    });
  });

  test('gets its operands in order, wherever the options stand', () => {
    expect(parse('policy diff a.yaml b.yaml')).toMatchObject({ args: { operands: ['a.yaml', 'b.yaml'] } });
    expect(parse('policy check --json a.yaml')).toMatchObject({
      args: { operands: ['a.yaml'], options: { json: true } },
    });
    expect(parse('policy check')).toMatchObject({ args: { operands: [], options: { json: false } } });
  });

  test('takes what follows -- as operands', () => {
    expect(parse('policy check -- --odd-name')).toMatchObject({ args: { operands: ['--odd-name'] } });
  });
});

describe('help', () => {
  test.each(['--help', '-h'])('of everything by %s', (flag) => {
    expect(parse(flag)).toEqual({ kind: 'help', group: '', commands });
  });
  test.each([
    ['help', '--help'],
    ['help policy', 'policy --help'],
    ['help dev token', 'dev token --help'],
  ])('%j is %j', (line, same) => {
    expect(parse(line)).toEqual(parse(same));
  });
  test('of a group', () => {
    expect(parse('policy --help')).toEqual({ kind: 'help', group: 'policy', commands: [check, diff] });
  });
  test.each(['dev token --help', 'dev token --idp northwind -h'])(
    'of one command, even an incomplete one: %s',
    (line) => {
      expect(parse(line)).toEqual({ kind: 'command help', command: token });
    },
  );
});

test('--version', () => {
  expect(parse('--version')).toEqual({ kind: 'version' });
});

test.each([
  ['', 'a command is missing; see causeway --help'],
  ['policy', 'a command is missing; see causeway policy --help'],
  ['dev tokn --idp x', 'unknown command "dev tokn"; did you mean "dev token"?'],
  ['polcy check a.yaml', 'unknown command "polcy check"; did you mean "policy check"?'],
  ['polcy', 'unknown command "polcy"; did you mean "policy"?'],
  ['check a.yaml', 'unknown command "check a.yaml"; did you mean "policy check"?'],
  ['help policy chekc', 'unknown command "policy chekc"; did you mean "policy check"?'],
  ['frobnicate', 'unknown command "frobnicate"; see causeway --help'],
  ['pol --help', 'unknown command "pol"; see causeway --help'],
  ['--verbose', 'unknown option --verbose; see causeway --help'],
  ['policy --version', 'unknown option --version; see causeway policy --help'],
  ['dev token', '--idp is missing; usage: causeway dev token --idp ID [--scope SCOPE] [--id-token]'],
  ['dev token --idp', "Option '-i, --idp <value>' argument missing; usage: "],
  ['dev token --idp a --id-token=1', "Option '--id-token' does not take an argument; usage: "],
  ['dev token --idp a --frob', "Unknown option '--frob'; usage: "],
  ['policy check --jsn', "Unknown option '--jsn'; did you mean --json?; usage: "],
  ['dev token --idp a wanda', '"wanda" is one word too many; usage: '],
  ['policy diff a.yaml', 'NEW is missing; usage: causeway policy diff OLD NEW'],
  ['policy check a b', '"b" is one word too many; usage: causeway policy check [FILE] [--json]'],
])('%j is wrong usage, told in one line', (line, message) => {
  const refusal = refusalOf(line);
  expect(refusal.exitCode).toBe(2);
  expect(refusal.message).toContain(message);
  expect(refusal.message).not.toContain('\n');
});
