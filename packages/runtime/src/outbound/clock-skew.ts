/** When a request left and its answer came, by our own clock. */
export interface Exchanged {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/**
 * How far the clock of whoever answered is ahead of ours at least: below 0 when it is behind, 0 when no difference can be seen.
 * Undefined without a date that can be read.
 */
export function clockSkewMs(headers: Readonly<Record<string, string>>, exchanged: Exchanged): number | undefined {
  const { sentAtMs, receivedAtMs } = exchanged;
  // RFC 9111 §5.1: what a cache answers was said that much earlier.
  const ageMs = Number(/^\d{1,9}$/.exec(headers['age'] ?? '')?.[0] ?? 0) * 1000;
  const saidAtMs = Date.parse(headers['date'] ?? '') + ageMs;
  if (Number.isNaN(saidAtMs)) return undefined;
  if (saidAtMs > receivedAtMs) return saidAtMs - receivedAtMs;
  // RFC 9110 §5.6.7: whole seconds, so it was up to a second later.
  return Math.min(0, saidAtMs + 1000 - sentAtMs);
}
