import { type Context, createContextKey } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { ATTRIBUTE } from './semantic-conventions.ts';

const KEY = createContextKey('request id');

/** The context in which every span is of this request. */
export const withRequestId = (context: Context, requestId: string): Context => context.setValue(KEY, requestId);

/** Puts the request id on every span that is started for a request, so that one search finds all of them. */
export const requestIdSpans: SpanProcessor = {
  onStart: (span, context) => {
    const requestId = context.getValue(KEY);
    if (typeof requestId === 'string') span.setAttribute(ATTRIBUTE.requestId, requestId);
  },
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
