import type { Principal } from '../oauth/principal.ts';
import { settingsOf } from './attribution.ts';
import type { Engine } from './engine.ts';
import type { ResultTable } from './result-types.ts';
import { roleOf } from './warehouse.ts';

/** A statement of the emulator's own, as this principal. */
export function askEngine(
  engine: Engine,
  principal: Principal,
  { text, values = [] }: { readonly text: string; readonly values?: readonly (string | null)[] },
): Promise<ResultTable> {
  const settings = settingsOf(principal.name, new Map());
  return engine.run({ role: roleOf(principal), text, values, settings }, new AbortController().signal);
}

/** Whether the engine grants it: one boolean. */
export async function isGranted(
  engine: Engine,
  principal: Principal,
  question: { readonly text: string; readonly values?: readonly string[] },
): Promise<boolean> {
  if (principal.caller === undefined) return false;
  const { rows } = await askEngine(engine, principal, question);
  return rows[0]?.[0] === 'true';
}
