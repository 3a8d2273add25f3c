import { AppError } from '@causeway/core';
import type { z } from 'zod';
import type { Dependency } from './dependency.ts';
import type { OutboundCall } from './outbound-call.ts';

/** Calls and reads the answer as JSON that fits the schema. Anything but a 2xx with such a body is an error. */
export async function requestJson<T>(dependency: Dependency, call: OutboundCall, schema: z.ZodType<T>): Promise<T> {
  const { name } = dependency;
  const headers = { accept: 'application/json', ...call.headers };
  // Half a document is no document.
  const { status, headers: answered, body } = await dependency.request({ ...call, headers, overflow: 'error' });
  if (status < 200 || status > 299) throw new AppError('upstream_rejected', `${name}: answered ${status}`);
  const type = mediaType(answered['content-type']);
  if (!JSON_TYPE.test(type)) throw unusable(`${name}: answered ${type} instead of JSON`);
  const parsed = schema.safeParse(parseJson(name, body));
  if (parsed.success) return parsed.data;
  // Where it does not fit, not what is there: values of other systems have no place in a log.
  const places = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.') || 'the answer'} (${code})`);
  throw unusable(`${name}: the answer does not fit: ${places.join(', ')}`);
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;

function mediaType(contentType = ''): string {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  return /^[\w.+-]+\/[\w.+-]+$/.test(type.trim()) ? type.trim().slice(0, 80) : 'no media type';
}

function parseJson(name: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the text.
    throw unusable(`${name}: the answer is not JSON`);
  }
}

function unusable(message: string): AppError {
  return new AppError('upstream_unavailable', message);
}
