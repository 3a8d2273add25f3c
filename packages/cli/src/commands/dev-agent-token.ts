import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { z } from 'zod';

import { type CommandContext, defineCommand } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';
import { demoPorts } from '../demo-sign-in.ts';
import { refuseProduction } from '../refuse-production.ts';

const TIMEOUT_MS = 10_000;

export const devAgentToken = defineCommand({
  name: 'dev agent-token',
  summary: 'Print a real token of a demo agent, and nothing else.',
  details: [
    'Asks the running portal with the agent’s own secret. The stack must be running: npm start.',
    'Without an option it is the token of the agent’s role, for the MCP endpoint.',
  ],
  operands: [{ name: 'AGENT', required: true }],
  options: {
    actor: { type: 'boolean', help: 'the token by which the agent names itself when it asks for a human' },
    json: { type: 'boolean', help: 'print JSON: { token }' },
  },
  async run(context) {
    const { args, env, stdout, signal } = context;
    refuseProduction(env);
    const agent = args.operands[0] ?? '';
    const portal = env['PORTAL_PUBLIC_URL'] ?? `http://127.0.0.1:${demoPorts(env).portal}`;
    const secret = await readSecret(context, agent);
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const { actor, json } = args.options;
    const token = await askPortal({ portal, agent, secret, actor, signal: bounded });
    stdout.write(`${json ? JSON.stringify({ token }, null, 2) : token}\n`);
  },
});

async function readSecret({ cwd }: Pick<CommandContext, 'cwd'>, agent: string): Promise<string> {
  // The name goes into a path.
  if (!/^[a-z][a-z0-9_-]{0,40}$/.test(agent)) throw new CommandError(EXIT_USAGE, 'that is not the name of an agent');
  try {
    return (await readFile(resolve(cwd, '.causeway/clients', `${agent}.secret`), 'utf8')).trim();
  } catch (error) {
    throw new CommandError(EXIT_NO, `there is no secret of a demo agent "${agent}"; is the stack running?`, error);
  }
}

interface Ask {
  readonly portal: string;
  readonly agent: string;
  readonly secret: string;
  readonly actor: boolean;
  readonly signal: AbortSignal;
}

async function askPortal({ portal, agent, secret, actor, signal }: Ask): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(actor && { resource: portal }) });
  const authorization = `Basic ${Buffer.from(`${agent}:${secret}`).toString('base64')}`;
  const request = { method: 'POST', body, headers: { authorization }, signal };
  const response = await fetch(`${portal}/oauth/token`, request).catch((error: unknown) => {
    throw new CommandError(EXIT_NO, `nothing answers at ${portal}; is the stack running? (npm start)`, error);
  });
  const answer = tokenAnswer.safeParse(await response.json().catch(() => undefined));
  if (answer.success) return answer.data.access_token;
  throw new CommandError(EXIT_NO, `the portal answered HTTP ${response.status}`);
}

const tokenAnswer = z.object({ access_token: z.string() });
