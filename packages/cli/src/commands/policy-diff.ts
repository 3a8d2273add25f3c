import { diffPolicies, type PolicyChange, type PolicyDiff } from '@causeway/policy';

import { defineCommand } from '../command.ts';
import { policyFile, readPolicy } from './policy-source.ts';

export const policyDiff = defineCommand({
  name: 'policy diff',
  summary: 'Say who gains and who loses what between two policy documents.',
  details: ['With one FILE it is compared with the one of CAUSEWAY_POLICY, which counts as the old one.'],
  operands: [
    { name: 'OLD', required: true },
    { name: 'NEW', required: false },
  ],
  options: { json: { type: 'boolean', help: 'print JSON' } },
  async run(context) {
    const { args, stdout } = context;
    const [first, second] = args.operands;
    const [oldFile, newFile] = second === undefined ? [policyFile(context, undefined), first] : [first, second];
    const before = await readPolicy(context, policyFile(context, oldFile));
    const after = await readPolicy(context, policyFile(context, newFile));
    const diff = diffPolicies(before.policy, after.policy);
    stdout.write(args.options.json ? `${JSON.stringify(diff, null, 2)}\n` : asText(diff));
  },
});

function asText({ changes, sections }: PolicyDiff): string {
  if (sections.length === 0) return 'Both say the same.\n';
  const people = [...new Set(changes.map(({ who }) => who))];
  const lines = people.flatMap((who) => [who, ...changes.filter((change) => change.who === who).map(line), '']);
  if (changes.length === 0) lines.push('Nobody gains or loses anything.', '');
  return `${[...lines, `Sections that differ: ${sections.join(', ')}`].join('\n')}\n`;
}

function line({ change, what, from, to }: PolicyChange): string {
  const values = [from === undefined ? '' : `was ${from}`, to === undefined ? '' : `is ${to}`].filter(
    (part) => part !== '',
  );
  return `  ${change.padEnd(7)} ${what}${values.length === 0 ? '' : `: ${values.join(', ')}`}`;
}
