import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A folder outside the checkout with the project's own configuration in it, and what the case writes there. */
function projectWith(configs: readonly string[], files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-check-'));
  for (const config of configs) copyFileSync(join(root, config), join(directory, config));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

function run(directory: string, tool: string, ...args: string[]) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', tool), args, {
    cwd: directory,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, output: stdout + stderr };
}

const lines = (count: number, line: string) => `${line}\n`.repeat(count);
const inTest = (body: string) => `import { expect, test } from 'vitest';\n${body}\n`;

/** One deliberate violation for each rule that `.oxlintrc.json` configures: rule, where, what. */
const LINT_CASES: readonly (readonly [rule: string, path: string, source: string])[] = [
  ['complexity', 'packages/a/src/complexity.ts', `export const f = (n: number) => ${'n > 1 ? 1 : '.repeat(10)}0;`],
  ['max-lines', 'packages/a/src/max-lines.ts', lines(301, '// one line')],
  ['max-lines-per-function', 'packages/a/src/long.ts', `export function f() {\n${lines(60, '  f();')}}\n`],
  [
    'max-params',
    'packages/a/src/params.ts',
    'export const f = (a: number, b: number, c: number, d: number) => a + b + c + d;',
  ],
  ['no-console', 'packages/a/src/console.ts', `console.log('x');`],
  ['no-restricted-imports', 'packages/a/src/inside.ts', `export { x } from '@causeway/core/src/secret.ts';`],
  ['no-restricted-imports', 'services/mcp/src/mcp/inside.ts', `export { x } from '@causeway/core/src/secret.ts';`],
  ['no-restricted-imports', 'services/mcp/src/tools/sdk.ts', `export { x } from '@modelcontextprotocol/server';`],
  ['no-restricted-imports', 'packages/a/src/env-import.ts', `export { env } from 'node:process';`],
  ['no-cycle', 'packages/a/src/cycle-one.ts', `import { two } from './cycle-two.ts';\nexport const one = () => two;`],
  ['no-default-export', 'packages/a/src/default.ts', 'export default 1;'],
  ['no-process-env', 'packages/a/src/env.ts', `export const home = process.env['HOME'];`],
  ['await-thenable', 'packages/a/src/await.ts', 'export const f = async () => await 1;'],
  [
    'consistent-type-imports',
    'packages/a/src/types.ts',
    `import { Buffer } from 'node:buffer';\nexport type B = Buffer;`,
  ],
  ['no-explicit-any', 'packages/a/src/any.ts', 'export const f = (x: any) => x as string;'],
  ['no-floating-promises', 'packages/a/src/floating.ts', 'export const f = () => { Promise.resolve(1); };'],
  ['no-misused-promises', 'packages/a/src/misused.ts', '[1].forEach(async () => { await Promise.resolve(); });'],
  ['no-non-null-assertion', 'packages/a/src/non-null.ts', 'export const f = (x?: string) => x!.length;'],
  ['no-unsafe-argument', 'packages/a/src/argument.ts', `export const n = Math.abs(JSON.parse('1'));`],
  ['no-unsafe-assignment', 'packages/a/src/assignment.ts', `export const x = JSON.parse('1');`],
  ['no-unsafe-call', 'packages/a/src/call.ts', `JSON.parse('1')();`],
  ['no-unsafe-member-access', 'packages/a/src/member.ts', `export const f = (): unknown => JSON.parse('1').x;`],
  ['no-unsafe-return', 'packages/a/src/return.ts', `export const f = () => JSON.parse('1');`],
  ['only-throw-error', 'packages/a/src/throw.ts', `export const f = () => { throw 'no'; };`],
  [
    'switch-exhaustiveness-check',
    'packages/a/src/switch.ts',
    `export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a': return 1;\n    default: return 0;\n  }\n}`,
  ],
  ['filename-case', 'packages/a/src/camelCase.ts', 'export const camelCase = 1;'],
  ['expect-expect', 'packages/a/src/none.test.ts', inTest(`test('x', () => { String(expect); });`)],
  ['no-standalone-expect', 'packages/a/src/standalone.test.ts', inTest(`expect(1).toBe(1);\ntest('x', () => {});`)],
  ['valid-expect', 'packages/a/src/expect.test.ts', inTest(`test('x', () => { expect(1); });`)],
  ['no-disabled-tests', 'packages/a/src/skip.test.ts', inTest(`test.skip('x', () => { expect(1).toBe(1); });`)],
  ['no-focused-tests', 'packages/a/src/only.test.ts', inTest(`test.only('x', () => { expect(1).toBe(1); });`)],
  ['warn-todo', 'packages/a/src/todo.test.ts', inTest(`test.todo('x');\ntest('y', () => { expect(1).toBe(1); });`)],
];

const LINT_CLEAN: Record<string, string> = {
  'packages/a/src/cycle-two.ts': `import { one } from './cycle-one.ts';\nexport const two = () => one;`,
  'packages/a/src/main.ts': `export const home = process.env['HOME'];`,
  'services/mcp/src/mcp/server.ts': `export { Server } from '@modelcontextprotocol/server';`,
  'scripts/say.ts': `console.log('x');`,
  'packages/a/src/switch-all.ts': `export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a': return 1;\n    case 'b': return 0;\n  }\n}`,
};

describe('the linter', () => {
  let directory = '';
  let found: { rule: string; path: string }[] = [];

  beforeAll(() => {
    const cases = Object.fromEntries(LINT_CASES.map(([, path, source]) => [path, source]));
    directory = projectWith(['.oxlintrc.json', 'tsconfig.json'], { ...cases, ...LINT_CLEAN });
    const { stdout, output } = run(directory, 'oxlint', '--type-aware', '--format', 'json', '.');
    if (!stdout.startsWith('{')) throw new Error(output);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
    found = diagnostics.map(({ code, filename }) => ({ rule: /\(([\w-]+)\)/.exec(code)?.[1] ?? code, path: filename }));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(LINT_CASES)('%s: refuses %s', (rule, path) => {
    expect(found).toContainEqual({ rule, path });
  });

  test.each(Object.keys(LINT_CLEAN).filter((path) => !path.includes('cycle')))('accepts %s', (path) => {
    expect(found.filter((diagnostic) => diagnostic.path === path)).toEqual([]);
  });

  test('every rule that the configuration names has a case here', () => {
    const { rules } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as { rules: object };
    const on = Object.entries(rules).filter(([, level]) => level !== 'off');
    const names = on.map(([name]) => name.slice(name.indexOf('/') + 1));
    expect([...new Set(LINT_CASES.map(([rule]) => rule))].toSorted()).toEqual(names.toSorted());
  });
});

/** One deliberate violation for each compiler option that makes the compiler stricter: option, diagnostic, source. */
const TYPE_CASES: readonly (readonly [option: string, diagnostic: string, source: string])[] = [
  ['strict', 'TS2322', 'export const s: string = null;'],
  ['noUncheckedIndexedAccess', 'TS2322', 'export const f = (a: string[]): string => a[0];'],
  [
    'exactOptionalPropertyTypes',
    'TS2375',
    'export const f = (x: string | undefined) => { const o: { x?: string } = { x }; return o; };',
  ],
  ['noPropertyAccessFromIndexSignature', 'TS4111', 'export const f = (r: Record<string, string>) => r.missing;'],
  ['noImplicitOverride', 'TS4114', 'class A { f() {} }\nexport class B extends A { f() {} }'],
  ['erasableSyntaxOnly', 'TS1294', 'export enum E { A }'],
  [
    'verbatimModuleSyntax',
    'TS1484',
    `import { IncomingHttpHeaders } from 'node:http';\nexport type H = IncomingHttpHeaders;`,
  ],
  [
    'noFallthroughCasesInSwitch',
    'TS7029',
    'export function f(x: number) { switch (x) { case 1: x += 1; case 2: return x; } return 0; }',
  ],
  ['noUnusedLocals', 'TS6133', 'const unused = 1;\nexport {};'],
  ['noUnusedParameters', 'TS6133', 'export function f(unused: string) {}'],
];

describe('the compiler', () => {
  let directory = '';
  let output = '';

  beforeAll(() => {
    const files = TYPE_CASES.map(([option, , source]) => [`packages/${option}.ts`, source]);
    directory = projectWith(['tsconfig.json'], Object.fromEntries(files));
    ({ output } = run(directory, 'tsc', '-p', '.', '--pretty', 'false'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(TYPE_CASES)('%s: refuses with %s', (option, diagnostic) => {
    expect(output).toMatch(new RegExp(`^packages/${option}\\.ts\\(.*error ${diagnostic}:`, 'm'));
  });

  test('every option that makes the compiler stricter has a case here', () => {
    const config = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { compilerOptions: object };
    const on = Object.entries(config.compilerOptions).filter(([, value]) => value === true);
    const neutral = new Set(['noEmit', 'allowImportingTsExtensions', 'skipLibCheck']);
    const names = on.map(([name]) => name).filter((name) => !neutral.has(name));
    expect(TYPE_CASES.map(([option]) => option).toSorted()).toEqual(names.toSorted());
  });
});

/** Who may import whom: the table of ARCHITECTURE.md. What is tagged `test` may import anything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  runtime: ['core'],
  policy: ['core'],
  auth: ['core', 'runtime'],
  platform: ['core', 'policy', 'runtime'],
  audit: ['core', 'runtime'],
  cli: ['core', 'policy', 'auth', 'platform', 'audit', 'runtime', 'infra'],
  service: ['core', 'policy', 'auth', 'platform', 'audit', 'runtime'],
  infra: ['core', 'policy', 'auth', 'platform', 'audit', 'runtime'],
  test: ['core', 'runtime', 'policy', 'auth', 'platform', 'audit', 'cli', 'service', 'infra', 'test'],
};

describe('the boundaries', () => {
  const tags = Object.keys(MAY_IMPORT);
  const pairs = tags.flatMap((from) => tags.map((to) => [from, to] as const));
  const pkg = (name: string, tag: string, dependencies: readonly string[]) => ({
    [`packages/${name}/package.json`]: JSON.stringify({
      name,
      dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, 'workspace:*'])),
    }),
    [`packages/${name}/turbo.json`]: JSON.stringify({ extends: ['//'], tags: [tag] }),
    [`packages/${name}/index.ts`]: dependencies.map((dependency) => `import '${dependency}';\n`).join(''),
  });
  let directory = '';
  let output = '';

  beforeAll(() => {
    directory = projectWith(['turbo.json', 'package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'], {
      ...Object.assign({}, ...tags.map((tag) => pkg(`to_${tag}`, tag, []))),
      ...Object.assign({}, ...pairs.map(([from, to]) => pkg(`${from}_uses_${to}`, from, [`to_${to}`]))),
      ...pkg('undeclared', 'test', []),
      'packages/undeclared/index.ts': `import 'to_core';\n`,
      ...pkg('trespasser', 'test', []),
      'packages/trespasser/index.ts': `import '../to_core/index.ts';\n`,
    });
    ({ output } = run(directory, 'turbo', 'boundaries', '--no-color'));
    output = output.replaceAll(/\n\s*\|\s*/g, ' ');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(tags)('%s may import what the table says and nothing else', (from) => {
    const refused = tags.filter((to) =>
      output.includes(`Package \`to_${to}\` found without any tag listed in allowlist for \`${from}_uses_${to}\``),
    );
    expect(refused).toEqual(tags.filter((to) => !MAY_IMPORT[from]?.includes(to)));
  });

  test('refuses a package that is not a declared dependency', () => {
    expect(output).toContain('cannot import package `to_core` because it is not a dependency');
  });

  test('refuses a path into another package', () => {
    expect(output).toContain('import `../to_core/index.ts` leaves the package');
  });
});

describe('unused code', () => {
  const workspace = {
    'scripts/check.ts': `import { used } from './used.ts';\nimport 'left-pad';\nused();\n`,
    'scripts/used.ts': `export const used = () => 1;\n`,
    'packages/a/package.json': JSON.stringify({
      name: 'a',
      exports: { '.': './src/index.ts' },
      dependencies: { zod: '*' },
    }),
    'packages/a/src/index.ts': `import { kept } from './kept.ts';\nkept();\nexport const offered = 1;\n`,
    'packages/a/src/kept.ts': `export const kept = () => 1;\nexport const dropped = 1;\n`,
    'packages/a/src/orphan.ts': `export const orphan = 1;\n`,
  };
  let directory = '';
  let output = '';

  beforeAll(() => {
    directory = projectWith(['knip.json', 'package.json', 'tsconfig.json', 'pnpm-workspace.yaml'], workspace);
    ({ output } = run(directory, 'knip', '--no-progress', '--no-config-hints'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each([
    ['a file that nothing imports', 'packages/a/src/orphan.ts'],
    ['an export that nothing imports', 'dropped'],
    ['what a package offers and nobody imports', 'offered'],
    ['a dependency that nothing imports', /zod\s+packages\/a\/package\.json/],
    ['an import that no dependency covers', /left-pad\s+scripts\/check\.ts/],
  ])('reports %s', (_what, expected) => {
    expect(output).toMatch(expected);
  });
});

test('the format check refuses a file that prettier would write differently', () => {
  const directory = projectWith(['.prettierrc.json', '.prettierignore'], { 'a.ts': 'export const a  = "x"' });
  const { status, output } = run(directory, 'prettier', '--check', '.');
  rmSync(directory, { recursive: true, force: true });
  expect(status).toBe(1);
  expect(output).toContain('a.ts');
});
