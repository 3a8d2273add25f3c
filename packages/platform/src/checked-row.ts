import { AppError } from '@causeway/core';
import type { Statement } from './platform.ts';

/** The row as the statement declares it. Anything else is a fault of ours; the message names places and no values. */
export function checkedRow<Row>({ name, row }: Statement<Row>, found: Record<string, unknown>): Row {
  const result = row.safeParse(found);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, code }) => `${path.join('.')}: ${code}`);
  throw new AppError('internal', `statement ${name}: a row is not as declared (${issues.join(', ')})`);
}
