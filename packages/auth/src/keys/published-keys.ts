import type { StoredKey } from './signing-key-file.ts';

export interface PublicationTime {
  readonly nowMs: number;
  /** How long the longest-lived token of these keys lives. */
  readonly tokenSecondsMax?: number | undefined;
}

const TOKEN_SECONDS_MAX = 3600;
const CLOCK_MARGIN_MS = 60_000;

/** The next key in line, those that sign, and those that stopped signing but whose last token is not dead yet. */
export function publishedKeys(keys: readonly StoredKey[], time: PublicationTime): StoredKey[] {
  const { nowMs, tokenSecondsMax = TOKEN_SECONDS_MAX } = time;
  const starts = keys.map(signsFromMs);
  return keys.filter((key) => {
    const successors = starts.filter((start) => start > signsFromMs(key) && start <= nowMs);
    const stoppedAt = Math.min(...successors);
    return nowMs < stoppedAt + tokenSecondsMax * 1000 + CLOCK_MARGIN_MS;
  });
}

/** Never, for the next one in line. */
export const signsFromMs = ({ signsFrom }: StoredKey): number =>
  signsFrom === null ? Infinity : Date.parse(signsFrom);
