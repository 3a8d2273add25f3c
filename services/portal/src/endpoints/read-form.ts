import type { IncomingMessage } from 'node:http';
import { readBody } from '@causeway/runtime';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';

/** More than any request that could be accepted: three tokens of the longest kind. */
const BYTES_MAX = 56_000;
/** Read to its end, so that whoever sends a huge token gets the same answer as everybody. */
const BYTES_READ_MAX = 512 * 1024;
const FIELDS_MAX = 50;

/** RFC 6749 §3.2: the parameters of a token request, in the body and nowhere else. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.url?.includes('?') === true) throw new OAuthRefusal('invalid_request', 'parameters in the address');
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new OAuthRefusal('invalid_request', 'the body is not a form');
  }
  if (request.headers['content-encoding'] !== undefined) {
    throw new OAuthRefusal('invalid_request', 'the body is compressed');
  }
  const body = await readBody(request, BYTES_READ_MAX);
  if (body.length > BYTES_MAX)
    throw new OAuthRefusal('invalid_request', 'too_large: the body is longer than any token');
  const form = new URLSearchParams(body.toString('utf8'));
  if (form.size > FIELDS_MAX) throw new OAuthRefusal('invalid_request', 'the form has too many fields');
  return form;
}
