import { fileURLToPath } from 'node:url';
import { parsePolicy, type PolicyDocument, readPolicyFile } from '@causeway/policy';

export const DEMO_POLICY = fileURLToPath(new URL('../../../infra/local/policy.yaml', import.meta.url));

export async function demoPolicy(): Promise<PolicyDocument> {
  return parsePolicy(await readPolicyFile(DEMO_POLICY), { file: DEMO_POLICY });
}
