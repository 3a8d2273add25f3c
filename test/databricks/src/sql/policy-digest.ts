import type { Engine } from './engine.ts';
import type { CallingStatement } from './http-request.ts';

const CALL = /(?:`?\w+`?\.)?`?causeway`?\.`?policy_digest`?\(\s*\)/i;
const NAME = 'policy_digest_answer';

/** The governance of a workspace keeps the policy's digest in a function; this engine keeps it in a table that only the gateway's login reads. */
export async function withPolicyDigest(engine: Engine, { text, values }: CallingStatement): Promise<CallingStatement> {
  if (!CALL.test(text)) return { text, values };
  const digest = await engine.policyDigest();
  return { text: text.replace(CALL, `CAST(:${NAME} AS STRING)`), values: new Map([...values, [NAME, digest]]) };
}
