import { fileURLToPath } from 'node:url';
import { parsePolicy, type PolicyDocument, readPolicyFile } from '@causeway/policy';

export const DEMO_POLICY = fileURLToPath(new URL('../../../../infra/local/policy.yaml', import.meta.url));

export const DEMO_MODEL = fileURLToPath(new URL('../../../../infra/local/semantic-model.yaml', import.meta.url));

/** The audit trail's table comes from `packages/audit`, which is not to be had here. */
export function withoutAudit(text: string): string {
  return text.replace(/\n {2}(?:#[^\n]*\n {2})?audit\.tool_calls:\n(?: {4}[^\n]*\n)+/, '\n');
}

/** The demo policy without its audit trail, after a change of its text. A change that finds nothing to change is a fault of the test. */
export async function demoPolicy(
  ...changes: readonly (readonly [from: string, to: string])[]
): Promise<PolicyDocument> {
  let text = withoutAudit(await readPolicyFile(DEMO_POLICY));
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the demo policy has no ${JSON.stringify(from)}`);
    text = text.replaceAll(from, to);
  }
  return parsePolicy(text, { file: DEMO_POLICY });
}
