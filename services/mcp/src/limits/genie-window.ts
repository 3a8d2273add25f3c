/** How many questions Genie takes within a minute, from everybody together, and how many of them one caller may ask. */
interface GenieQuota {
  readonly limit: number;
  readonly perCaller: number;
}

/** A sliding window over all replicas, exact: Genie's own limit is hard, and a question too many is one that fails there. */
export interface GenieWindow {
  /** Undefined when the question may be asked, and is counted; otherwise after how many milliseconds to ask again. */
  take(caller: string, quota: GenieQuota): Promise<number | undefined>;
}

export const GENIE_WINDOW_MS = 60_000;
