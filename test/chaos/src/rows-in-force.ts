import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { applyGovernance } from '@causeway/platform';
import { parsePolicy, readPolicyFile } from '@causeway/policy';
import type { StackFault } from './stack-faults.ts';
import type { StackWorld } from './stack-world.ts';
import type { Person } from './who-may-see.ts';

const NARROWED = 'mona@fabrikam.example';
const LEFT: readonly string[] = ['NORTH'];

/** When whose rows were taken away by an edit of the policy. */
export class RowsInForce {
  readonly #spans: { readonly from: number; to: number }[] = [];

  /** From now on, for sure. The answer is to be called before they may be given back. */
  narrow(): () => void {
    const span = { from: performance.now(), to: Infinity };
    this.#spans.push(span);
    return () => {
      span.to = performance.now();
    };
  }

  /** A call that was under way while the rows changed may have seen either. */
  regionsOf({ email, regions }: Person, sentAt: number, endedAt: number): readonly string[] {
    const isNarrow = this.#spans.some(({ from, to }) => from <= sentAt && endedAt <= to);
    return email === NARROWED && isNarrow ? LEFT : regions;
  }
}

/** The managers' rows are edited and applied, and later given back. */
export function narrowedRows(rows: RowsInForce): StackFault {
  return {
    // While the engine has the new rules and a replica has the old ones.
    excuse: { codes: ['upstream_unavailable', 'access_denied'] },
    run: async (world, random) => {
      const { CAUSEWAY_POLICY: file } = world.environment;
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, before.replace('managers: all', "managers: region = 'NORTH'"));
      await apply(world);
      const end = rows.narrow();
      await delay(1000 + random() * 3000);
      end();
      writeFileSync(file, before);
      await apply(world);
    },
  };
}

/** As `causeway db apply` does it. */
async function apply({ environment }: StackWorld): Promise<void> {
  const { CAUSEWAY_POLICY: file, ADMIN_DATABASE_URL: adminUrl } = environment;
  const policy = await parsePolicy(await readPolicyFile(file), { file });
  await applyGovernance({ adminUrl, policy });
}
