import { fileURLToPath } from 'node:url';
import { parsePolicy, type PolicyDocument, readPolicyFile } from '@causeway/policy';

export const DEMO_POLICY = fileURLToPath(new URL('../../../../infra/local/policy.yaml', import.meta.url));

/** The demo policy, after a change of its text. A change that finds nothing to change is a fault of the test. */
export async function demoPolicy(
  ...changes: readonly (readonly [from: string, to: string])[]
): Promise<PolicyDocument> {
  let text = await readPolicyFile(DEMO_POLICY);
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the demo policy has no ${JSON.stringify(from)}`);
    text = text.replaceAll(from, to);
  }
  return parsePolicy(text, { file: DEMO_POLICY });
}
