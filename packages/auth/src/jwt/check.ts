/** One rule: the reason for which it refuses, or undefined when it lets pass. */
export interface Check<Input, Reason extends string> {
  readonly name: string;
  readonly refuse: (input: Input) => Reason | undefined;
}

/** One step of a judgement, for whoever asks why a token is refused. */
export interface Step {
  readonly check: string;
  readonly passed: boolean;
}

export type Trace = (step: Step) => void;

export const untraced: Trace = () => {};

/** Applies the rules in their order. The first refusal is the answer. */
export function firstRefusal<Input, Reason extends string>(
  checks: readonly Check<Input, Reason>[],
  input: Input,
  trace: Trace,
): Reason | undefined {
  for (const { name, refuse } of checks) {
    const reason = refuse(input);
    trace({ check: name, passed: reason === undefined });
    if (reason !== undefined) return reason;
  }
  return undefined;
}
