import { readFileSync } from 'node:fs';

import { errorCodeOf, StackProblem } from './stack-problem.ts';

/** The content, or `undefined` when there is no such file: every other reason is told. */
export function readPrivateFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw new StackProblem(`${path} cannot be read`, ['Make it readable for you.'], error);
  }
}
