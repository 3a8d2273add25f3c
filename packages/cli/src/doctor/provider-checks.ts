import { RemoteKeys } from '@causeway/auth';
import { type PolicyDocument, providerSettings, resolvePolicyFile } from '@causeway/policy';
import { createDependency, type NetworkRule } from '@causeway/runtime';

import { type DoctorCheck, ok, type Verdict, wrong } from './doctor-check.ts';
import { clockVerdict } from './outside-checks.ts';

interface Issuer {
  readonly id: string;
  readonly issuer: string;
  readonly network: NetworkRule;
  readonly caFile?: string | undefined;
}

/** Every issuer of the policy, asked as the services ask it: the same address rules, authorities and limits. */
export function providerChecks(document: PolicyDocument): DoctorCheck[] {
  return issuersOf(document).map((issuer) => ({
    name: `provider ${issuer.id}`,
    run: () => checkIssuer(issuer),
  }));
}

function issuersOf(document: PolicyDocument): Issuer[] {
  const { workspace } = document.policy;
  if (workspace === undefined) return providerSettings(document);
  const { issuer, network, caFile } = workspace;
  const file = caFile === undefined ? undefined : resolvePolicyFile(document, caFile);
  return [...providerSettings(document), { id: 'workspace', issuer, network, caFile: file }];
}

async function checkIssuer({ id, issuer, network, caFile }: Issuer): Promise<Verdict> {
  const keys = new RemoteKeys({ issuer, now: Date.now, dependency: createDependency({ name: id, network, caFile }) });
  try {
    await keys.find({ alg: 'RS256', kid: undefined });
    const { keys: count, failure, skewMs } = keys.state;
    if (failure !== undefined || count === 0) {
      return wrong(
        `its keys cannot be had: ${failure ?? 'none is published'}`,
        'its people get no new token as soon as the known keys are a day old',
        'look at the issuer in the policy (it is compared letter by letter), at DNS and the way out of this machine, and at `network` and `caFile` of the provider',
      );
    }
    const clock = clockVerdict(skewMs);
    return clock.status === 'wrong' ? clock : ok(`discovery and ${count} key(s)`);
  } finally {
    await keys.close();
  }
}
