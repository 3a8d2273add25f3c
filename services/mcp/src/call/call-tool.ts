import type { AuditSink } from '@causeway/audit';
import { AppError, type Caller, type Secret, toAppError } from '@causeway/core';
import type { Platform } from '@causeway/platform';
import { decideTool } from '@causeway/policy';
import { SPAN, withSpan } from '@causeway/runtime';
import { CallDeadline } from './call-deadline.ts';
import { type CallFacts, observedSession } from './call-facts.ts';
import { callEvent } from './call-event.ts';
import type { ConnectionPool } from '../connections/connection-pool.ts';
import type { ConversationHandles } from '../conversation/conversation-handles.ts';
import type { Tool } from './define-tool.ts';
import { guardOutput, type GuardedOutput } from './guard-output.ts';
import { InsufficientScope } from './insufficient-scope.ts';
import type { CallLimits } from '../limits/call-limits.ts';
import type { PolicyView } from '../policy/policy-view.ts';
import type { Stages } from './stages.ts';
import { createToolContext } from './tool-context.ts';

export interface CallToolDeps {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly policy: () => PolicyView;
  readonly limits: CallLimits;
  readonly platform: Platform;
  readonly connections: Pick<ConnectionPool, 'as'>;
  readonly conversations: ConversationHandles;
  readonly audit: AuditSink;
}

export interface ToolCall {
  readonly tool: Tool;
  readonly arguments: unknown;
  readonly caller: Caller;
  /** The token that proved them: for the platform, and for nothing else. */
  readonly credential: Secret;
  readonly clientId: string | undefined;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** How many calls this one is inside of. */
  readonly hops: number;
  readonly stages: Stages;
}

export type CallResult = ({ readonly ok: true } & GuardedOutput) | { readonly ok: false; readonly error: AppError };

/** The whole policy of a call, top to bottom. Whatever happens, it is in the journal before this resolves. */
export async function callTool(deps: CallToolDeps, call: ToolCall): Promise<CallResult> {
  const { tool, caller, requestId, credential, stages } = call;
  const policy = deps.policy();
  const facts: CallFacts = { startedAt: performance.now(), policyDigest: policy.document.digest };
  // The record names its span, so that what the worker does with it stands below.
  const record = (error?: AppError) =>
    stages.span(SPAN.audit, () => deps.audit.record(callEvent(call, facts, error)), withSpan);
  try {
    stages.time('decide', () => assertAllowed(policy, call));
    const prepared = stages.time('validate', () => tool.prepare(call.arguments));
    facts.arguments = prepared.recorded;
    using held = new DisposableStack();
    const deadline = held.use(new CallDeadline(tool, call.signal));
    const { signal } = deadline;
    const limit = { hops: call.hops, policy: policy.document, signal };
    held.use(await stages.span(SPAN.limit, () => deps.limits.enter(caller, tool.name, limit)));
    const request = { requestId, credential };
    const session = await stages.span(SPAN.exchange, () => deadline.race(deps.platform.open(caller, request)));
    const platform = observedSession(session, facts, { signal, timeoutMs: tool.deadlineMs });
    const context = createToolContext(deps, call, { platform, signal, policy, callInner: callTool });
    const output = await stages.measure('run', () => deadline.race(prepared.run(context)));
    const guarded = stages.time('guard', () => guardOutput(tool, output));
    facts.content = guarded.content;
    await record();
    return { ok: true, ...guarded };
  } catch (thrown) {
    const error = toAppError(thrown);
    try {
      await record(error);
      return { ok: false, error };
    } catch (unrecorded) {
      return { ok: false, error: toAppError(unrecorded) };
    }
  }
}

/** The role first; then the token's scope, which HTTP answers with a challenge for a better token. */
function assertAllowed(policy: PolicyView, { caller, hops, tool: { name, scope } }: ToolCall): void {
  if (policy.dropsHuman(caller)) throw new AppError('invalid_token', 'an edit of the policy no longer names the human');
  if (name === 'ask_supervisor' && hops > 0) throw new AppError('access_denied', 'the supervisor may not ask itself');
  for (const document of policy.deciding) {
    const decision = decideTool(document, caller, name);
    if (decision.allowed) continue;
    const { code, reason } = decision;
    throw code === 'insufficient_scope' ? new InsufficientScope(scope, reason) : new AppError(code, reason);
  }
}
