import { PEOPLE, type Person } from '@causeway/local/people';
import type { Ports } from '@causeway/local/ports';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';
import { demoPorts, demoSignIn } from '../demo-sign-in.ts';
import { callTool } from '../mcp-call.ts';
import { nearestName } from '../nearest-name.ts';
import { refuseProduction } from '../refuse-production.ts';
import { exchangeToken } from '../exchange-token.ts';

export const call = defineCommand({
  name: 'call',
  summary: 'Call a tool as a demo person, the whole way: sign-in, token exchange, MCP.',
  details: [
    'ARGUMENTS is a JSON object, such as \'{"region":"WEST","limit":3}\'. What the tool answers is printed as JSON.',
    'The platform’s own people (causeway.example) come through the on-behalf-of listener. The stack must be running: npm start.',
  ],
  operands: [
    { name: 'TOOL', required: true },
    { name: 'ARGUMENTS', required: false },
  ],
  options: {
    as: { type: 'string', value: 'EMAIL', required: true, help: 'the e-mail address of the demo person' },
    json: { type: 'boolean', help: 'print the same JSON in one line' },
  },
  async run({ args: { options, operands }, env, stdout, signal }) {
    refuseProduction(env);
    const person = findPerson(options.as);
    const [tool = '', typed = '{}'] = operands;
    const args = parseArguments(typed);
    const way = await wayIn(person, demoPorts(env), signal);
    const { content, failed } = await callTool({ ...way, tool, args, signal });
    stdout.write(`${JSON.stringify(content, null, options.json ? 0 : 2)}\n`);
    return failed ? EXIT_NO : 0;
  },
});

function findPerson(typed: string): Person {
  const found = PEOPLE.find(({ email }) => email === typed);
  if (found !== undefined) return found;
  const emails = PEOPLE.map(({ email }) => email);
  const nearest = nearestName(typed, emails);
  const advice = nearest === undefined ? `there are ${emails.join(', ')}` : `did you mean ${nearest}?`;
  throw new CommandError(EXIT_USAGE, `there is no demo person ${JSON.stringify(typed)}; ${advice}`);
}

function parseArguments(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch (error) {
    throw new CommandError(EXIT_USAGE, `the arguments are not JSON: ${JSON.stringify(typed)}`, error);
  }
}

/** The platform's own people bring their own token, through the header that the platform's proxy sets; others exchange theirs. */
async function wayIn({ idp, email }: Person, ports: Ports, signal: AbortSignal) {
  const { accessToken } = await demoSignIn({ idp, email, ports, signal });
  const at = (port: number) => `http://127.0.0.1:${port}`;
  if (idp === 'workspace') return { url: `${at(ports.obo)}/mcp`, headers: { 'x-forwarded-access-token': accessToken } };
  const resource = `${at(ports.mcp)}/mcp`;
  const token = await exchangeToken({ portal: at(ports.portal), subjectToken: accessToken, resource, signal });
  return { url: resource, headers: { authorization: `Bearer ${token}` } };
}
