import { AppError } from '@causeway/core';
import type { OutboundResponse } from '@causeway/runtime';

const TEXTUAL = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)\b)/i;

/** The body as text. What is no text is not passed on: a reader could make nothing of it. */
export function textBody({ headers, body }: OutboundResponse): string {
  const type = headers['content-type'] ?? '';
  if (body.length > 0 && !TEXTUAL.test(type)) {
    throw new AppError('upstream_rejected', 'the other system answered with something that is no text', {
      safeDetail: 'The other system answered with something that is no text.',
    });
  }
  return new TextDecoder().decode(body);
}
