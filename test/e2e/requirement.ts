import { test } from 'vitest';
import type { RequirementId } from './requirements.ts';

/** A test that shows one or more promises of `requirements.ts`. Its name starts with their ids, which is what the gate reads. */
export function requirement(
  ids: RequirementId | readonly RequirementId[],
  name: string,
  body: () => Promise<void> | void,
): void {
  test(`[${[ids].flat().join(', ')}] ${name}`, body);
}
