import { AppError } from '@causeway/core';
import type { Statement } from './platform.ts';

/** The row as the statement declares it. Anything else is what the data holds, or of which type it is; messages name columns and no values. */
export function checkedRow<Row>({ name, row }: Statement<Row>, found: Record<string, unknown>): Row {
  const result = row.safeParse(found);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, code }) => `${path.join('.')}: ${code}`);
  const columns = new Set(result.error.issues.map(({ path }) => String(path[0] ?? 'a row')));
  throw new AppError('upstream_rejected', `statement ${name}: a row is not as declared (${issues.join(', ')})`, {
    safeDetail: `The data holds something that cannot be answered with, in ${[...columns].join(', ')}.`,
  });
}
