/** Something that keeps the stack from starting or running, in words for the person at the terminal: what is wrong, then what to do. */
export class StackProblem extends Error {
  override readonly name = 'StackProblem';
  readonly advice: readonly string[];

  constructor(message: string, advice: readonly string[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.advice = advice;
  }

  toText(): string {
    return [`causeway: ${this.message}`, ...this.advice.map((line) => `  - ${line}`)].join('\n');
  }
}

export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
