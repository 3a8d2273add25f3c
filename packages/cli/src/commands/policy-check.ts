import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { checkPolicy, formatProblem, missingFiles, type PolicyResult, type Problem } from '@causeway/policy';

import { defineCommand } from '../command.ts';
import { EXIT_NO } from '../command-error.ts';
import { policyFile, readPolicyText } from './policy-source.ts';

export const policyCheck = defineCommand({
  name: 'policy check',
  summary: 'Check a policy document, and name everything that is wrong with its line.',
  details: ['Warnings leave the exit code at 0. Without FILE it is the one of CAUSEWAY_POLICY.'],
  operands: [{ name: 'FILE', required: false }],
  options: {
    production: { type: 'boolean', help: 'refuse what only a local stack may have' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run(context) {
    const { args, cwd, stdout } = context;
    const file = policyFile(context, args.operands[0]);
    const text = await readPolicyText(context, file);
    const result = await checkPolicy(text, { file, production: args.options.production });
    const exists = (name: string) => existsSync(resolve(cwd, dirname(file), name));
    const problems = result.ok ? [...result.problems, ...missingFiles(result.document, exists)] : result.problems;
    stdout.write(
      args.options.json
        ? `${JSON.stringify(asJson(file, result, problems), null, 2)}\n`
        : asText(file, result, problems),
    );
    return result.ok ? 0 : EXIT_NO;
  },
});

function asJson(file: string, result: PolicyResult, problems: readonly Problem[]): unknown {
  if (!result.ok) return { file, ok: false, problems };
  const { digest, engineDigest } = result.document;
  return { file, ok: true, digest, engineDigest, problems };
}

function asText(file: string, result: PolicyResult, problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const counted = `${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`;
  const end = result.ok
    ? [
        `${file} is a good policy: ${counted}`,
        `digest        ${result.document.digest}`,
        `engine digest ${result.document.engineDigest}`,
      ]
    : [`${file} is refused: ${counted}`];
  return `${[...problems.map(formatProblem), ...end].join('\n')}\n`;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
