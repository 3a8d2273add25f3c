import { SPAN, withSpan } from '@causeway/runtime';
import type { TokenLimits } from './token-limits.ts';

/** The same limits, with a span for each question to them. */
export const tracedLimits = (limits: TokenLimits): TokenLimits => ({
  count: (kind, key) => withSpan(SPAN.limit, {}, () => limits.count(kind, key)),
});
