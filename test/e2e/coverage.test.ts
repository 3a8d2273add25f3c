import { expect, test } from 'vitest';
import { coverage } from './coverage.ts';
import { REQUIREMENTS } from './requirements.ts';

const requirements = [
  { id: 'a-one', source: 'contract 1', text: 'One.' },
  { id: 'b-two', source: 'contract 2', text: 'Two.' },
];

test('a test that cites an id shows that requirement, inside of a group too', () => {
  const { files } = coverage([{ name: 'group > [a-one] works', file: 'x.e2e.test.ts' }], requirements);
  expect([...files]).toEqual([['a-one', ['x.e2e.test.ts']]]);
});

test('a requirement that no test shows is a problem, and all that are shown are none', () => {
  const shown = [{ name: '[a-one] works', file: 'x.e2e.test.ts' }];
  expect(coverage(shown, requirements).problems).toEqual(['no end-to-end test shows b-two (contract 2)']);
  expect(coverage([...shown, { name: '[b-two] works', file: 'x.e2e.test.ts' }], requirements).problems).toEqual([]);
});

test('one test may show several requirements, and one requirement may have several tests', () => {
  const tests = [
    { name: '[a-one, b-two] works', file: 'x.e2e.test.ts' },
    { name: '[b-two] works too', file: 'y.e2e.test.ts' },
  ];
  expect([...coverage(tests, requirements).files]).toEqual([
    ['a-one', ['x.e2e.test.ts']],
    ['b-two', ['x.e2e.test.ts', 'y.e2e.test.ts']],
  ]);
});

test.each([
  ['a test without an id', 'works', /cites no requirement/],
  ['an id that only a group cites', '[a-one] group > works', /cites no requirement/],
  ['an unknown id', '[c-three] works', /c-three, which is no requirement/],
  ['an unknown id beside a known one', '[a-one, c-three] works', /c-three, which is no requirement/],
])('%s is a problem', (_what, name, problem) => {
  expect(coverage([{ name, file: 'x.e2e.test.ts' }], requirements).problems.join()).toMatch(problem);
});

test('a repeated id is a problem', () => {
  const tests = [{ name: '[a-one, b-two] works', file: 'x.e2e.test.ts' }];
  expect(coverage(tests, [...requirements, ...requirements]).problems).toEqual([
    'the requirement a-one is there twice',
    'the requirement b-two is there twice',
  ]);
});

test('ids are kebab-case, and each requirement is one sentence', () => {
  for (const { id, text } of REQUIREMENTS) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(text, id).toMatch(/^\S.*\.$/);
  }
});
