import { AppError } from '@causeway/core';
import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { ATTRIBUTE } from './semantic-conventions.ts';

/** Runs `fn` in a span that is a child of the current one. Costs nothing until an OpenTelemetry SDK is registered. */
export function withSpan<T>(name: string, attributes: Attributes, fn: (span: Span) => Promise<T>): Promise<T> {
  return trace.getTracer('causeway').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await fn(span);
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Marks a span as failed by the kind of the error. No message: an exception's text may quote rows or secrets. */
export function failSpan(span: Span, thrown: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  const isOurs = thrown instanceof AppError;
  span.setAttribute(ATTRIBUTE.errorType, isOurs ? thrown.code : nameOf(thrown));
  if (isOurs) span.setAttribute(ATTRIBUTE.errorCode, thrown.code);
}

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : typeof thrown);
