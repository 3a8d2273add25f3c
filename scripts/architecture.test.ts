import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const rows = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| (`[^|]*`) +\|/gm);
const named = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, folder = '']) => folder));

/** Folders that hold files. `src` has what its package's line says. */
function folders(): string[] {
  const exclude = ['**/{node_modules,out,.turbo}/**'];
  const files = globSync('{packages,services,infra,scripts,test,docs}/**/*', {
    cwd: root,
    exclude,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map(({ parentPath }) => parentPath.slice(root.length));
  return [...new Set(files)].filter((folder) => !['src', 'testing'].includes(basename(folder)));
}

test('the map of ARCHITECTURE.md names every folder', () => {
  expect(folders().length).toBeGreaterThan(50);
  expect(folders().filter((folder) => !named.includes(folder))).toEqual([]);
});

test('and no folder that is gone', () => {
  const paths = named.filter((name) => /^[\w-]+\/[\w/-]+$/.test(name));
  expect(paths.filter((folder) => !statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory())).toEqual([]);
});
