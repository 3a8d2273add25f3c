/** RFC 8725 leaves the leeway to us: how far the clocks of issuer and gateway may be apart. */
export const CLOCK_SKEW_SECONDS = 30;

// The end of the year 9999: a later one is no time that anybody means, and breaks Date.
const LATEST = 253_402_300_799;

/** RFC 7519 §2: seconds since 1970, possibly with a fraction. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LATEST;
}
