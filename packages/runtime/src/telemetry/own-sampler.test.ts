import { INVALID_SPAN_CONTEXT, ROOT_CONTEXT, type SpanContext, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { createOwnSampler } from './own-sampler.ts';
import { extractTraceContext } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const own = (traceFlags: TraceFlags): SpanContext => ({ traceId: TRACE, spanId: 'b7ad6b7169203331', traceFlags });
const stranger = (flags: string) => extractTraceContext(`00-${TRACE}-b7ad6b7169203331-${flags}`);

interface Case {
  readonly parent?: SpanContext | undefined;
  readonly link?: SpanContext;
  readonly random?: number;
}

function isRecorded({ parent, link, random = 0.5 }: Case, ratio = 0.6): boolean {
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const links = link === undefined ? [] : [{ context: link }];
  const { decision } = createOwnSampler(ratio, () => random).shouldSample(
    context,
    TRACE,
    'x',
    SpanKind.SERVER,
    {},
    links,
  );
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

test.each([
  [0, 0, false],
  [0.6, 0.59, true],
  [0.6, 0.6, false],
  [1, 0.999, true],
])('of ratio %d, chance %d: a request is recorded: %s', (ratio, random, recorded) => {
  expect(isRecorded({ random }, ratio)).toBe(recorded);
});

test('within the process a span follows its parent, whatever the ratio', () => {
  expect(isRecorded({ parent: own(TraceFlags.SAMPLED) }, 0)).toBe(true);
  expect(isRecorded({ parent: own(TraceFlags.NONE) }, 1)).toBe(false);
});

test('a probe has no span, and decides nothing for what it starts', () => {
  expect(isRecorded({ parent: INVALID_SPAN_CONTEXT }, 1)).toBe(true);
  expect(isRecorded({ link: INVALID_SPAN_CONTEXT }, 1)).toBe(true);
});

test.each(['00', '01'])('a stranger’s flag %s neither switches recording on nor off', (flags) => {
  const parent = stranger(flags);
  expect(isRecorded({ parent }, 0)).toBe(false);
  expect(isRecorded({ parent }, 1)).toBe(true);
});

test('a call under a stranger’s span is recorded when the request that brought it is', () => {
  const parent = stranger('01');
  expect(isRecorded({ parent, link: own(TraceFlags.SAMPLED) }, 0)).toBe(true);
  expect(isRecorded({ parent, link: own(TraceFlags.NONE) }, 1)).toBe(false);
});

test('another stranger’s span as a link decides nothing', () => {
  expect(isRecorded({ link: { ...own(TraceFlags.SAMPLED), isRemote: true } }, 0)).toBe(false);
});

test('a producer’s span, for which its signature stands, is followed', () => {
  expect(isRecorded({ parent: { ...own(TraceFlags.SAMPLED), isRemote: true } }, 0)).toBe(true);
});

test('no caller can choose a trace id that is always recorded', () => {
  const decisions = new Set(
    ['0', '7', 'f'].map((digit) =>
      isRecorded({ parent: { ...own(TraceFlags.NONE), traceId: digit.repeat(31) + '1', isRemote: true } }),
    ),
  );
  expect(decisions).toEqual(new Set([true]));
});
