import { createSubjectTokenVerifier, TrustedProviders } from '@causeway/auth';
import { parsePolicy, providerSettings, readPolicyFile } from '@causeway/policy';
import type { StartDriver } from '../src/bench-case.ts';

/** As the portal does it: the provider's keys are fetched for the first call, and the others find its result. */
export const startDriver: StartDriver = async ({ policy = '', subjectToken = '' }) => {
  const document = await parsePolicy(await readPolicyFile(policy), { file: policy });
  const now = Date.now;
  const providers = new TrustedProviders({ providers: providerSettings(document), now });
  const verifier = createSubjectTokenVerifier({ providers, ownIssuer: 'http://127.0.0.1:8700', now });
  return { call: async () => (await verifier.verify(subjectToken)).ok };
};
