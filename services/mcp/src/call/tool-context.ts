import type { PlatformSession } from '@causeway/platform';
import { failSpan, innerToolSpan, withSpan } from '@causeway/runtime';
import type { CallResult, CallToolDeps, ToolCall } from './call-tool.ts';
import type { ToolContext } from './define-tool.ts';
import type { PolicyView } from '../policy/policy-view.ts';
import { Stages } from './stages.ts';

export interface RunningCall {
  readonly platform: PlatformSession;
  readonly signal: AbortSignal;
  readonly policy: PolicyView;
  /** The whole path of a call, for a call within this one: decided, limited and recorded like any other of this caller. */
  readonly callInner: (deps: CallToolDeps, call: ToolCall) => Promise<CallResult>;
}

/** Everything that a tool may reach, as the caller of this call and until its deadline. */
export function createToolContext(deps: CallToolDeps, call: ToolCall, running: RunningCall): ToolContext {
  const { tool, caller } = call;
  const { policy, platform, signal, callInner } = running;
  const owner = { tool: tool.name, caller };
  return {
    platform,
    signal,
    caller,
    policy,
    connections: deps.connections.as({
      document: policy.document,
      platform,
      signal,
      takesAway: (name, request) => policy.takesConnection(caller, name, request),
    }),
    conversations: {
      seal: (plan) => deps.conversations.seal(owner, plan, policy.document.policy.lifetimes.conversationSeconds),
      open: (handle) => deps.conversations.open(owner, handle),
    },
    call: (name, args) => {
      const inner = deps.tools.get(name);
      if (inner === undefined) throw new TypeError(`there is no tool ${name}`);
      const innerCall = { ...call, tool: inner, arguments: args, signal, hops: call.hops + 1, stages: new Stages() };
      const span = innerToolSpan(name);
      return withSpan(span.name, span.attributes, async (current) => {
        const result = await callInner(deps, innerCall);
        if (!result.ok) failSpan(current, result.error);
        return result;
      });
    },
  };
}
