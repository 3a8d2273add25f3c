import type { Command } from '../command.ts';
import { call } from './call.ts';
import { authTest } from './auth-test.ts';
import { auditAccept } from './audit-accept.ts';
import { auditAdopt } from './audit-adopt.ts';
import { auditExport } from './audit-export.ts';
import { auditReconcile } from './audit-reconcile.ts';
import { auditRetain } from './audit-retain.ts';
import { auditTail } from './audit-tail.ts';
import { auditVerify } from './audit-verify.ts';
import { dbApply } from './db-apply.ts';
import { dbSample } from './db-sample.ts';
import { doctor } from './doctor.ts';
import { devAgentToken } from './dev-agent-token.ts';
import { devToken } from './dev-token.ts';
import { keysCreate } from './keys-create.ts';
import { keysRotate } from './keys-rotate.ts';
import { policyCheck } from './policy-check.ts';
import { policyDiff } from './policy-diff.ts';
import { policyExplain } from './policy-explain.ts';
import { policySql } from './policy-sql.ts';

/** Every command, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  call,
  doctor,
  devToken,
  devAgentToken,
  authTest,
  policyCheck,
  policyExplain,
  policySql,
  policyDiff,
  dbApply,
  dbSample,
  keysCreate,
  keysRotate,
  auditTail,
  auditExport,
  auditVerify,
  auditReconcile,
  auditAccept,
  auditAdopt,
  auditRetain,
];
