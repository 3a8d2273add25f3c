import { AppError, type Caller, callerKey } from '@causeway/core';
import type { PolicyDocument, ToolName } from '@causeway/policy';
import type { CallSlots } from './call-slots.ts';
import type { CallWindow } from '@causeway/runtime';
import type { GenieWindow } from './genie-window.ts';

interface EnterOptions {
  readonly policy: PolicyDocument;
  readonly signal: AbortSignal;
  /** How many calls this one is inside of. */
  readonly hops: number;
}

/** How much one caller may ask for. */
export interface CallLimits {
  /** Resolves when the call may run, with what gives its place back. Rejects with `rate_limited`. */
  enter(caller: Caller, tool: ToolName, options: EnterOptions): Promise<Disposable>;
}

export interface CallLimitsDeps {
  readonly window: CallWindow;
  readonly genie: GenieWindow;
  readonly slots: CallSlots;
}

export function createCallLimits({ window, genie, slots }: CallLimitsDeps): CallLimits {
  return {
    enter: async (caller, tool, { policy, signal, hops }) => {
      const key = callerKey(caller);
      const { limits } = policy.policy;
      const { callsPerMinutePerCaller: ofCaller, callsPerMinutePerTool, concurrentCallsPerCaller: max } = limits;
      refuse(await window.take(key, ofCaller), `over ${ofCaller} calls a minute`);
      const ofTool = callsPerMinutePerTool[tool];
      if (ofTool !== undefined) refuse(await window.take(`${key}${tool}`, ofTool), `over ${ofTool} calls of ${tool}`);
      // A call within a call has its place already: waiting for another one, both could wait for ever.
      const slot = hops > 0 ? NO_SLOT : await slots.enter(key, { max, signal });
      try {
        if (tool === 'genie_query') refuse(await genie.take(key, quotaOf(limits)), 'Genie’s questions are used up');
        return slot;
      } catch (error) {
        slot[Symbol.dispose]();
        throw error;
      }
    },
  };
}

const NO_SLOT: Disposable = { [Symbol.dispose]: () => undefined };

/** One person cannot starve the rest, and everybody has at least one question. */
function quotaOf({ genieQueriesPerMinute: limit, genieSharePerCaller }: PolicyDocument['policy']['limits']) {
  return { limit, perCaller: Math.max(1, Math.floor(limit * genieSharePerCaller)) };
}

function refuse(retryAfterMs: number | undefined, why: string): void {
  if (retryAfterMs !== undefined) throw new AppError('rate_limited', why, { retryAfterMs });
}
