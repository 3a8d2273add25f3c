import {
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  type SpanContext,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';

const NOT_RECORDED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const RECORDED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };

/**
 * Which spans are recorded. Inside a process a span follows its parent. At the edge nobody outside decides: neither by a flag, nor by the
 * choice of a trace id, which is why the id is not what the ratio is taken of. `extractTraceContext` takes over no flag, so a remote parent
 * that has one is one that our own code vouches for: the span of a producer that signed its batch.
 */
export function createOwnSampler(ratio: number, random: () => number = Math.random): Sampler {
  return {
    shouldSample: (...[context, , , , , links]: Parameters<Sampler['shouldSample']>) => {
      const parent = trace.getSpanContext(context);
      const deciding = decidingSpan(parent, links);
      const isRecorded = deciding === undefined ? random() < ratio : isSampled(deciding);
      return isRecorded ? RECORDED : NOT_RECORDED;
    },
    toString: () => `Own{${ratio}}`,
  };
}

/** A call whose parent is a stranger's span is recorded when the request that brought it is: that one is its link. */
function decidingSpan(parent: SpanContext | undefined, links: readonly Link[]): SpanContext | undefined {
  // The usual case first: to look at the ids of our own spans would be the dearest part of a decision.
  if (parent !== undefined && (isOwn(parent) || (isSampled(parent) && isSpanContextValid(parent)))) return parent;
  return links.map(({ context }) => context).find(isOwn);
}

const isOwn = (context: SpanContext): boolean => context.isRemote !== true && context !== INVALID_SPAN_CONTEXT;

const isSampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;
