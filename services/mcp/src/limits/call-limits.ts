import { AppError, type Caller, callerKey } from '@causeway/core';
import type { PolicyDocument, ToolName } from '@causeway/policy';
import type { CallSlots } from './call-slots.ts';
import type { CallWindow } from './call-window.ts';

interface EnterOptions {
  readonly policy: PolicyDocument;
  readonly signal: AbortSignal;
}

/** How much one caller may ask for. */
export interface CallLimits {
  /** Resolves when the call may run, with what gives its place back. Rejects with `rate_limited`. */
  enter(caller: Caller, tool: ToolName, options: EnterOptions): Promise<Disposable>;
}

export function createCallLimits({
  window,
  slots,
}: {
  readonly window: CallWindow;
  readonly slots: CallSlots;
}): CallLimits {
  return {
    enter: async (caller, tool, { policy, signal }) => {
      const key = callerKey(caller);
      const { callsPerMinutePerCaller, callsPerMinutePerTool, concurrentCallsPerCaller } = policy.policy.limits;
      await take(window, key, callsPerMinutePerCaller);
      const ofTool = callsPerMinutePerTool[tool];
      if (ofTool !== undefined) await take(window, `${key}${tool}`, ofTool);
      return slots.enter(key, { max: concurrentCallsPerCaller, signal });
    },
  };
}

async function take(window: CallWindow, key: string, limit: number): Promise<void> {
  const retryAfterMs = await window.take(key, limit);
  if (retryAfterMs === undefined) return;
  throw new AppError('rate_limited', `over ${limit} calls a minute`, { retryAfterMs });
}
