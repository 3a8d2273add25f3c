import { AppError } from '@causeway/core';
import { type Attributes, context, INVALID_SPAN_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { ATTRIBUTE } from './semantic-conventions.ts';

/** Runs `fn` in a span that is a child of the current one. Costs next to nothing until an OpenTelemetry SDK is registered. */
export function withSpan<T>(name: string, attributes: Attributes, fn: (span: Span) => Promise<T>): Promise<T> {
  const span = trace.getTracer('causeway').startSpan(name, { attributes });
  // Nobody traces, or a span around this one was not recorded, which decides for what is inside too: a context would be a copy for nothing.
  if (isOff(span) || (!span.isRecording() && trace.getActiveSpan() !== undefined)) return fn(span);
  return context.with(trace.setSpan(context.active(), span), () => ended(span, fn));
}

/** The same without a context, which would only say whose the steps inside are: for a step that has none, or whose steps may stand beside it. */
export function withLeafSpan<T>(name: string, attributes: Attributes, fn: (span: Span) => Promise<T>): Promise<T> {
  return ended(trace.getTracer('causeway').startSpan(name, { attributes }), fn);
}

const isOff = (span: Span): boolean => span.spanContext() === INVALID_SPAN_CONTEXT;

async function ended<T>(span: Span, fn: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await fn(span);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed by the kind of the error. No message: an exception's text may quote rows or secrets. */
export function failSpan(span: Span, thrown: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  const isOurs = thrown instanceof AppError;
  span.setAttribute(ATTRIBUTE.errorType, isOurs ? thrown.code : nameOf(thrown));
  if (isOurs) span.setAttribute(ATTRIBUTE.errorCode, thrown.code);
}

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : typeof thrown);
