import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ESTree, parseSync, Visitor } from 'rolldown/utils';

interface FunctionSize {
  readonly name: string;
  readonly lines: number;
}

/** Every function that has a name, with its comments and blank lines. Callbacks are left out: most have one line. */
export function functionSizes(path: string, source: string): FunctionSize[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors.map(({ message }) => message).join('; ')}`);
  const sizes: FunctionSize[] = [];
  const add = (key: ESTree.Node, { start, end }: ESTree.Node) => {
    const name = source.slice(key.start, key.end);
    sizes.push({ name: `${path} ${name}`, lines: source.slice(start, end).split('\n').length });
  };
  new Visitor({
    FunctionDeclaration: (node) => add(node.id ?? node, node),
    MethodDefinition: (node) => add(node.key, node),
    Property: (node) => {
      if (node.value.type === 'FunctionExpression') add(node.key, node);
    },
    VariableDeclarator: ({ id, init }) => {
      if (init?.type === 'ArrowFunctionExpression') add(id, init);
    },
  }).visit(program);
  return sizes;
}

/** What is wrong with these: half of them must have ten lines or fewer, and none more than sixty. */
export function sizeProblems(sizes: readonly FunctionSize[]): string[] {
  const sorted = sizes.toSorted((one, other) => one.lines - other.lines);
  const median = sorted[Math.floor(sorted.length / 2)]?.lines ?? 0;
  return [
    ...(median > 10 ? [`the median function has ${median} lines, more than 10`] : []),
    ...sorted.filter(({ lines }) => lines > 60).map(({ name, lines }) => `${name} has ${lines} lines, more than 60`),
  ];
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const exclude = ['**/node_modules/**', '**/*.test.ts', '**/testing/**'];
  const paths = globSync('{packages,services,infra,scripts}/**/*.ts', { cwd: root, exclude });
  const sizes = paths.flatMap((path) => functionSizes(path, readFileSync(join(root, path), 'utf8')));
  if (sizes.length === 0) throw new Error('there is no function to measure');
  const problems = sizeProblems(sizes);
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
