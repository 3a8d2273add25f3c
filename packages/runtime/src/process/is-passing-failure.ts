/**
 * Whether waiting may mend it: the dependency cannot be reached, or is only starting. A wrong password, a missing right and a
 * certificate that does not fit stay as they are however long one waits, so they are no reason to.
 */
export function isPassingFailure(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isPassingFailure);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (PASSING_CODES.has(code) || /^(?:08|57P)/.test(code)) return true;
  if (PASSING_TEXTS.some((pattern) => pattern.test(error.message))) return true;
  return error.cause !== undefined && isPassingFailure(error.cause);
}

const PASSING_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Postgres: too many connections; the database is not there yet.
  '53300',
  '3D000',
]);

/** What the drivers of Postgres and Redis say without a code. */
const PASSING_TEXTS = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^timeout expired$/,
  /^Query read timeout$/,
  /^Connection is closed\.$/,
  /^Command timed out$/,
  /^Reached the max retries per request limit/,
  /^Stream isn't writeable/,
  /^LOADING /,
];
