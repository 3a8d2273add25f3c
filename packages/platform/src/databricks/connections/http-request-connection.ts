import { AppError } from '@causeway/core';
import { urlBelow } from '@causeway/runtime';
import { z } from 'zod';
import type { OutsideApi, OutsideCall, PlatformSession, Statement } from '../../platform.ts';

export interface HttpRequestConnection {
  /** The caller's own SQL. */
  readonly query: PlatformSession['query'];
  readonly name: string;
}

const ANSWER_BYTES_MAX = 256 * 1024;
/** Only its rules are used: the host is the connection's. */
const BASE = 'https://connection.invalid/';

const answer = z.object({ status_code: z.coerce.number().int(), text: z.string().nullish() });

/**
 * An outside API through the SQL function `http_request()`: for workspaces whose administrators have closed the proxy. It shows no headers, so the
 * kind of the content is not known.
 */
export function httpRequestConnection({ query, name }: HttpRequestConnection): OutsideApi {
  return {
    async request(call, options) {
      const [row] = await query(httpRequest(name, call), options);
      if (row === undefined) throw new AppError('upstream_unavailable', `http_request(${name}) gave no row`);
      const { status_code: status, text } = readAnswer(row.answer);
      const bytes = new TextEncoder().encode(text ?? '');
      const truncated = bytes.byteLength > ANSWER_BYTES_MAX;
      return { status, headers: {}, body: bytes.subarray(0, ANSWER_BYTES_MAX), truncated };
    },
  };
}

/** The function is named once: as a struct whose fields are named apart it could be called once for each. */
function httpRequest(name: string, { method, path, query = {}, body }: OutsideCall): Statement<{ answer: string }> {
  const { pathname } = urlBelow(BASE, path, query);
  const values: string[] = [];
  const bound = (value: string) => `$${values.push(value)}`;
  const params = Object.entries(query).flatMap(([key, value]) => [bound(key), bound(value)]);
  const args = [
    // The function wants these two as constants; both come from closed sets of words.
    `conn => '${plainName(name)}'`,
    `method => '${method}'`,
    `path => ${bound(pathname)}`,
    ...(params.length === 0 ? [] : [`params => map(${params.join(', ')})`]),
    ...(body === undefined ? [] : [`json => ${bound(JSON.stringify(body))}`]),
  ];
  return {
    name: 'http_request',
    text: `SELECT to_json(http_request(${args.join(', ')})) AS answer`,
    values,
    row: z.object({ answer: z.string() }),
  };
}

function plainName(name: string): string {
  if (!/^[\w-]+$/.test(name))
    throw new AppError('config_invalid', 'the name of a connection is letters, digits, _ and -');
  return name;
}

function readAnswer(text: string): z.output<typeof answer> {
  try {
    return answer.parse(JSON.parse(text));
  } catch {
    throw new AppError('upstream_unavailable', 'http_request() answered in a form that is not known');
  }
}
