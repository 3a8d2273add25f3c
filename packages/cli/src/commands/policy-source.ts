import { resolve } from 'node:path';

import { EXIT_CONFIG } from '@causeway/core';
import { formatProblem, parsePolicy, type PolicyDocument, PolicyRefused, readPolicyFile } from '@causeway/policy';

import type { CommandContext } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';

type Place = Pick<CommandContext, 'cwd' | 'env'>;

/** The FILE that was typed, or else the one of CAUSEWAY_POLICY. */
export function policyFile({ env }: Place, typed: string | undefined): string {
  const file = typed ?? env['CAUSEWAY_POLICY'];
  if (file === undefined || file === '')
    throw new CommandError(EXIT_USAGE, 'no policy document is named: give its FILE, or set CAUSEWAY_POLICY');
  return file;
}

export async function readPolicyText({ cwd }: Place, file: string): Promise<string> {
  try {
    return await readPolicyFile(resolve(cwd, file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CommandError(EXIT_NO, `${file} cannot be read: ${code}`, error);
  }
}

/** A policy that passed every check. What is wrong with another goes to stderr. */
export async function readPolicy(context: CommandContext<unknown>, file: string): Promise<PolicyDocument> {
  const text = await readPolicyText(context, file);
  try {
    return await parsePolicy(text, { file });
  } catch (error) {
    if (!(error instanceof PolicyRefused)) throw error;
    for (const problem of error.problems) context.stderr.write(`${formatProblem(problem)}\n`);
    throw new CommandError(EXIT_CONFIG, `${file} is refused`, error);
  }
}
