import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const threatModel = read('../../SECURITY.md');

/** As the names of the tests begin: `[token-one-door] …`. */
const attacks = [
  ...new Set(
    readdirSync(`${here}attacks`).flatMap((file) =>
      [...read(`attacks/${file}`).matchAll(/['`]\[([a-z-]+)\] /g)].map(([, id = '']) => id),
    ),
  ),
];

const requirements = readdirSync(`${here}../e2e/requirements`)
  .map((file) => read(`../e2e/requirements/${file}`))
  .join('\n');

test('every attack of the suite is in the threat model', () => {
  expect(attacks.length).toBeGreaterThan(50);
  expect(attacks.filter((id) => !threatModel.includes(`\`${id}\``))).toEqual([]);
});

test('every test that the lists of the threat model name is there', () => {
  const lists = threatModel.slice(threatModel.indexOf('## By list'), threatModel.indexOf('## Guarantees'));
  const lastCells = lists.split('\n').flatMap((line) => line.split('|').at(-2) ?? []);
  const named = lastCells.flatMap((cell) => [...cell.matchAll(/`([a-z]+(?:-[a-z0-9]+)*)`/g)].map(([, id = '']) => id));
  expect(named.length).toBeGreaterThan(attacks.length);
  expect(named.filter((id) => !attacks.includes(id) && !requirements.includes(`'${id}'`))).toEqual([]);
});

test('beside every attack stands what it was seen red by', () => {
  for (const file of readdirSync(`${here}attacks`)) {
    const lines = read(`attacks/${file}`).split('\n');
    const silent = lines.filter(
      (line, at) => /^\s+test(\.each)?\(/.test(line) && !/\/\/ (Red when|Not an attack)/.test(lines[at - 1] ?? ''),
    );
    expect([file, silent]).toEqual([file, []]);
  }
});
