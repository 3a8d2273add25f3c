import { execFileSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REQUIREMENTS, type Requirement } from './requirements.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A test as `vitest list` names it: the names of its groups and its own, joined by ` > `. */
export interface ListedTest {
  readonly name: string;
  readonly file: string;
}

export interface Coverage {
  readonly problems: readonly string[];
  /** The files whose tests show a requirement, by its id. */
  readonly files: ReadonlyMap<string, readonly string[]>;
}

/** Which requirement is shown by which test; and what breaks the rule: no id without a test, no test without an id. */
export function coverage(tests: readonly ListedTest[], requirements: readonly Requirement[] = REQUIREMENTS): Coverage {
  const problems = repeatedIds(requirements).map((id) => `the requirement ${id} is there twice`);
  const known = new Set(requirements.map(({ id }) => id));
  const files = new Map<string, string[]>();
  for (const { name, file } of tests) {
    const ids = citedIds(name);
    if (ids.length === 0) problems.push(`${file}: "${name}" cites no requirement`);
    for (const id of ids) {
      if (!known.has(id)) problems.push(`${file}: "${name}" cites ${id}, which is no requirement`);
      const before = files.get(id) ?? [];
      if (!before.includes(file)) files.set(id, [...before, file]);
    }
  }
  for (const { id, source } of requirements) {
    if (!files.has(id)) problems.push(`no end-to-end test shows ${id} (${source})`);
  }
  return { problems, files };
}

/** The end-to-end tests of the project, collected by vitest and not run. */
export function listEndToEndTests(): ListedTest[] {
  const args = ['list', '--project', 'e2e*', '--json', '--no-static-parse'];
  const listed = JSON.parse(execFileSync('vitest', args, { cwd: root, encoding: 'utf8' })) as ListedTest[];
  // vitest lists the files in the order of their last run's time, which is each machine's own.
  return listed
    .map(({ name, file }) => ({ name, file: relative(root, file) }))
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

function citedIds(name: string): string[] {
  const ownName = name.split(' > ').at(-1) ?? '';
  return /^\[([^\]]*)\] /.exec(ownName)?.[1]?.split(', ') ?? [];
}

function repeatedIds(requirements: readonly Requirement[]): string[] {
  const ids = requirements.map(({ id }) => id);
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}
