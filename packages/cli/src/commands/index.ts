import type { Command } from '../command.ts';
import { dbApply } from './db-apply.ts';
import { dbSample } from './db-sample.ts';
import { devToken } from './dev-token.ts';
import { policyCheck } from './policy-check.ts';
import { policyDiff } from './policy-diff.ts';
import { policyExplain } from './policy-explain.ts';
import { policySql } from './policy-sql.ts';

/** Every command, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  devToken,
  policyCheck,
  policyExplain,
  policySql,
  policyDiff,
  dbApply,
  dbSample,
];
