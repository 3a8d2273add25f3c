import type { IncomingMessage } from 'node:http';
import { readBody } from '@causeway/runtime';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';

/** More than any request that could be accepted: three tokens of the longest kind. */
const BYTES_MAX = 56_000;
/** Read to its end, so that whoever sends a huge token gets the same answer as everybody. */
const BYTES_READ_MAX = 512 * 1024;
const FIELDS_MAX = 50;

export interface Form {
  /** None when there are more than are taken apart. */
  readonly fields: URLSearchParams;
  readonly fieldCount: number;
  readonly bytes: number;
}

/** RFC 6749 §3.2: the parameters of a token request, in the body and nowhere else; one without a value counts as left out. */
export async function readForm(request: IncomingMessage): Promise<Form> {
  if (request.url?.includes('?') === true) throw new OAuthRefusal('invalid_request', 'parameters in the address');
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new OAuthRefusal('invalid_request', 'the body is not a form');
  }
  if (request.headers['content-encoding'] !== undefined) {
    throw new OAuthRefusal('invalid_request', 'the body is compressed');
  }
  const body = await readBody(request, BYTES_READ_MAX);
  const text = body.toString('utf8');
  const fieldCount = countFields(text);
  // To take half a megabyte of tiny fields apart takes two seconds, in which nobody else is served.
  const all = fieldCount > FIELDS_MAX ? [] : [...new URLSearchParams(text)];
  return { fields: new URLSearchParams(all.filter(([, value]) => value !== '')), fieldCount, bytes: body.length };
}

function countFields(text: string): number {
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0 && count <= FIELDS_MAX; at = text.indexOf('&', at + 1)) count += 1;
  return count;
}

export function refuseOversized({ fieldCount, bytes }: Form): void {
  if (bytes > BYTES_MAX) {
    throw new OAuthRefusal('invalid_request', 'too_large: longer than any three tokens', { denied: true });
  }
  if (fieldCount > FIELDS_MAX) throw new OAuthRefusal('invalid_request', 'the form has too many fields');
}
