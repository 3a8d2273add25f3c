import type { IncomingMessage } from 'node:http';
import { AppError } from '@causeway/core';
import { headersNamed, HttpRefusal } from '@causeway/runtime';

/** No token at all: RFC 6750 §3.1 wants no error code then. */
export class TokenMissing extends AppError {
  constructor() {
    super('invalid_token', 'there is no token');
  }
}

/** The token of the `Authorization` header, or undefined when there is no such header. */
export function bearerToken(request: IncomingMessage): string | undefined {
  const [header, ...more] = headersNamed(request, 'authorization');
  if (header === undefined) return undefined;
  if (more.length > 0) throw new HttpRefusal(400, 'more than one Authorization header');
  // RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1).
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header)?.[1];
  if (token === undefined) throw new AppError('invalid_token', 'the Authorization header is no bearer token');
  return token;
}
