import { auditFoundation } from '@causeway/audit';
import { AppError } from '@causeway/core';
import { applyGovernance, loadSampleData } from '@causeway/platform';
import { formatProblem, parsePolicy, PolicyRefused, readPolicyFile } from '@causeway/policy';

import type { Passwords } from './passwords.ts';
import { StackProblem } from './stack-problem.ts';

export interface Warehouse {
  readonly policyFile: string;
  readonly adminUrl: string;
  readonly passwords: Passwords;
  readonly report: (line: string) => void;
}

/** What an operator does with `causeway db apply` and `db sample`. A second start finds nothing to do. */
export async function governWarehouse({ policyFile, adminUrl, passwords, report }: Warehouse): Promise<void> {
  try {
    const policy = await parsePolicy(await readPolicyFile(policyFile), { file: policyFile });
    const { actions, pending } = await applyGovernance({
      adminUrl,
      policy,
      gatewayPassword: passwords.causeway_gateway,
      foundation: auditFoundation({
        worker: passwords.causeway_audit_worker,
        reader: passwords.causeway_audit_reader,
      }),
    });
    if (actions.length > 0) report(`the database now enforces ${policyFile} (${actions.length} changes)`);
    for (const { what } of pending) report(`still to be granted: ${what}`);
    await loadSampleData(adminUrl);
  } catch (error) {
    throw explain(error, policyFile);
  }
}

function explain(error: unknown, policyFile: string): unknown {
  if (error instanceof PolicyRefused) {
    return new StackProblem(`the policy ${policyFile} is refused`, error.problems.map(formatProblem), error);
  }
  if (!(error instanceof AppError)) return error;
  const [first = '', ...problems] = error.message.split('\n');
  return new StackProblem(`the policy ${policyFile} is not enforced: ${first}`, problems, error);
}
