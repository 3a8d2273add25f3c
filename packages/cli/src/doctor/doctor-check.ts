/** What a check found, in words for whoever runs the installation. No value of a setting is in them. */
export type Verdict =
  | { readonly status: 'ok'; readonly found: string }
  | { readonly status: 'not checked'; readonly found: string }
  | { readonly status: 'wrong'; readonly found: string; readonly means: string; readonly todo: string };

export interface DoctorCheck {
  readonly name: string;
  run(signal: AbortSignal): Promise<Verdict>;
}

export type Finding = Verdict & { readonly check: string };

export const ok = (found: string): Verdict => ({ status: 'ok', found });

export const notChecked = (found: string): Verdict => ({ status: 'not checked', found });

/** What is wrong, what follows from it, and what to do. */
export const wrong = (found: string, means: string, todo: string): Verdict => ({ status: 'wrong', found, means, todo });

/** Thrown where going on makes no sense; it is the check's verdict. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly verdict: Verdict;

  constructor(verdict: Verdict, cause?: unknown) {
    super(verdict.found, { cause });
    this.verdict = verdict;
  }
}

const CHECK_MS = 10_000;

/** All at once, each bounded in time, in the order of the list. */
export function runChecks(checks: readonly DoctorCheck[], signal: AbortSignal, checkMs = CHECK_MS): Promise<Finding[]> {
  return Promise.all(checks.map(async (check) => ({ check: check.name, ...(await runOne(check, signal, checkMs)) })));
}

async function runOne(check: DoctorCheck, signal: AbortSignal, checkMs: number): Promise<Verdict> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(checkMs)]);
  const { promise: late, resolve } = Promise.withResolvers<Verdict>();
  deadline.addEventListener('abort', () => resolve(tooSlow(checkMs)), { once: true });
  try {
    return await Promise.race([check.run(deadline), late]);
  } catch (error) {
    return error instanceof Fault ? error.verdict : unforeseen(error);
  }
}

const tooSlow = (checkMs: number) =>
  wrong(
    `no answer within ${checkMs / 1000} s`,
    'what is asked here hangs, or something on the way drops packets',
    'look at the network rules between this machine and it, then at it',
  );

const unforeseen = (error: unknown) =>
  wrong(
    `the check itself failed (${codeOf(error)})`,
    'nothing can be said about this part',
    'look at the part yourself, and report the check',
  );

/** The short name of an error. Its text could hold what nobody should print. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause];
  return first === undefined ? error.name : codeOf(first);
}
