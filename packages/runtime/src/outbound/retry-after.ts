/** RFC 9110 §10.2.3: `Retry-After` as milliseconds from now. Undefined when it is missing or says nothing usable. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes nearly anything; an HTTP date always ends in GMT.
  const at = /^[A-Z][a-z]{2,8},? .*\d GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
