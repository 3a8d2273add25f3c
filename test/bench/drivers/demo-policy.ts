import { fileURLToPath } from 'node:url';
import { parsePolicy, type PolicyDocument, readPolicyFile } from '@causeway/policy';

const FILE = fileURLToPath(new URL('../../../infra/local/policy.yaml', import.meta.url));

export async function demoPolicy(): Promise<PolicyDocument> {
  return parsePolicy(await readPolicyFile(FILE), { file: FILE });
}
