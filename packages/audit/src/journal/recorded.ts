declare const recorded: unique symbol;

/** Proof that an attempt was written down. What answers a caller asks for one, so that forgetting to record does not compile. */
export interface Recorded {
  readonly [recorded]: true;
}

/** Only what records may say so; the package does not export this. */
export const RECORDED = Object.freeze({}) as Recorded;
