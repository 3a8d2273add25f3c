import { isToolName, TOOLS } from '@causeway/policy';

import { type CommandContext, defineCommand, type OptionValues } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';
import { nearestName } from '../nearest-name.ts';
import {
  explainClaims,
  explainEmail,
  explainRoleNamed,
  explainToken,
  type Explained,
} from './policy-explain-subject.ts';
import { explanationText } from './policy-explain-text.ts';
import { policyFile, readPolicy } from './policy-source.ts';

const OPTIONS = {
  role: { type: 'string', value: 'R', help: 'somebody who has this role' },
  email: { type: 'string', value: 'EMAIL', help: 'one of the platform’s own people' },
  provider: { type: 'string', value: 'ID', help: 'with --claims: the provider that says so' },
  claims: { type: 'string', value: 'JSON', help: 'claims, as the provider would put them into a token' },
  token: { type: 'string', value: 'T', help: 'a token; it is decoded, and not verified' },
  tool: { type: 'string', value: 'X', help: 'this tool only; the exit code says whether it is allowed' },
  json: { type: 'boolean', help: 'print JSON' },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const policyExplain = defineCommand({
  name: 'policy explain',
  summary: 'Say what somebody may do, and which rule decides.',
  details: [
    'Takes one of --role, --email, --provider with --claims, and --token. Without FILE it is the one of CAUSEWAY_POLICY.',
  ],
  operands: [{ name: 'FILE', required: false }],
  options: OPTIONS,
  async run(context) {
    const { args, stdout } = context;
    const { tool, json } = args.options;
    if (tool !== undefined && !isToolName(tool)) throw unknownTool(tool);
    const explained = narrow(await explain(context), tool);
    stdout.write(json ? `${JSON.stringify(explained, null, 2)}\n` : explanationText(explained, tool !== undefined));
    return isYes(explained, tool) ? 0 : EXIT_NO;
  },
});

function narrow(explained: Explained, tool: string | undefined): Explained {
  const { explanation } = explained;
  if (tool === undefined || explanation === undefined) return explained;
  return {
    ...explained,
    explanation: { ...explanation, tools: explanation.tools.filter(({ name }) => name === tool) },
  };
}

function isYes({ refusal, explanation }: Explained, tool: string | undefined): boolean {
  if (refusal !== undefined || explanation === undefined) return false;
  return tool === undefined || explanation.tools.every(({ allowed }) => allowed);
}

async function explain(context: CommandContext<Options>): Promise<Explained> {
  const { role, email, provider, claims, token } = context.args.options;
  const subjects = [role, email, provider ?? claims, token].filter((subject) => subject !== undefined);
  if (subjects.length !== 1) {
    throw new CommandError(EXIT_USAGE, 'say whom: one of --role, --email, --provider with --claims, or --token');
  }
  const document = await readPolicy(context, policyFile(context, context.args.operands[0]));
  if (role !== undefined) return explainRoleNamed(document, role);
  if (email !== undefined) return explainEmail(document, email);
  if (token !== undefined) return explainToken(document, token);
  if (provider === undefined || claims === undefined)
    throw new CommandError(EXIT_USAGE, '--provider and --claims go together');
  return explainClaims(document, provider, claims);
}

function unknownTool(tool: string): CommandError {
  const nearest = nearestName(tool, TOOLS);
  const advice = nearest === undefined ? `there are ${TOOLS.join(', ')}` : `did you mean ${nearest}?`;
  return new CommandError(EXIT_USAGE, `there is no tool ${JSON.stringify(tool)}; ${advice}`);
}
