import { z } from 'zod';

import { CommandError, EXIT_NO } from './command-error.ts';

export interface TokenExchange {
  readonly portal: string;
  readonly subjectToken: string;
  readonly resource: string;
  readonly signal: AbortSignal;
}

const granted = z.object({ access_token: z.string() });
const refused = z.object({ error: z.string(), error_description: z.string().optional() });

/** RFC 8693, as the demo's public client: a provider's token for one that the MCP server accepts. */
export async function exchangeToken({ portal, subjectToken, resource, signal }: TokenExchange): Promise<string> {
  const response = await fetch(`${portal}/oauth/token`, {
    method: 'POST',
    signal,
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'partner-portal',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource,
    }),
  }).catch((error: unknown) => {
    throw new CommandError(EXIT_NO, 'the portal cannot be reached; is the stack running? (npm start)', error);
  });
  const body: unknown = await response.json();
  const answer = granted.safeParse(body);
  if (answer.success) return answer.data.access_token;
  const { error, error_description: description } = refused.parse(body);
  throw new CommandError(
    EXIT_NO,
    `the portal refuses: ${error}${description === undefined ? '' : ` (${description})`}`,
  );
}
