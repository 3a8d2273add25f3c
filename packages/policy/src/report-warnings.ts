import type { PolicyDocument } from './policy-document.ts';
import type { PolicyStore } from './policy-store.ts';
import { formatProblem } from './problem.ts';

/** Says what `causeway policy check` warns of: of the policy that holds now, and of each one after it. */
export function reportWarnings(
  policies: Pick<PolicyStore, 'current' | 'subscribe'>,
  report: (warnings: readonly string[]) => void,
): void {
  const tell = ({ warnings }: PolicyDocument) => {
    if (warnings.length > 0) report(warnings.map(formatProblem));
  };
  tell(policies.current);
  policies.subscribe(({ after }) => tell(after));
}
