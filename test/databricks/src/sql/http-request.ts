import type { OutsideApis } from '../connections/outside-apis.ts';
import { ApiError } from '../http/answer.ts';
import type { Principal } from '../oauth/principal.ts';
import { DeniedStatement, UnboundMarker } from './statement-error.ts';

type Values = ReadonlyMap<string, string | null>;

export interface CallingStatement {
  readonly text: string;
  readonly values: Values;
}

const CALL = /\bto_json\(\s*http_request\((?<args>(?:[^()']|'(?:[^'\\]|''|\\.)*'|map\([^()]*\))*)\)\s*\)/i;
const ARGUMENT = /\s*(\w+)\s*=>\s*(map\(([^()]*)\)|'((?:[^'\\]|''|\\.)*)'|:(\w+))\s*(?:,|$)/gy;
const ANSWER = 'http_request_answer';

/** `http_request()` is called before the statement runs, and its answer is bound where the call stood. */
export async function callOutside(
  apis: OutsideApis,
  principal: Principal,
  { text, values }: CallingStatement,
): Promise<CallingStatement> {
  const args = CALL.exec(text)?.groups?.['args'];
  if (args === undefined) return { text, values };
  const { conn = '', method = 'GET', path = '', params = '', json } = argumentsOf(args, values);
  await apis.checkGrant(conn, principal).catch(denied);
  const { status, body } = await apis.send(conn, {
    method,
    path,
    search: params,
    headers: { accept: '*/*', ...(json !== undefined && { 'content-type': 'application/json' }) },
    body: json === undefined ? undefined : Buffer.from(json),
  });
  const answer = JSON.stringify({ status_code: status, text: body.toString('utf8') });
  // The cast, because a marker alone has no type.
  return { text: text.replace(CALL, `CAST(:${ANSWER} AS STRING)`), values: new Map([...values, [ANSWER, answer]]) };
}

/** By name only, each once, and `params` as a query. */
function argumentsOf(text: string, values: Values): Partial<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [, name = '', , map, literal, marker] of text.matchAll(ARGUMENT)) {
    if (map !== undefined) found[name] = queryOf(map, values);
    else found[name] = marker === undefined ? (literal ?? '').replaceAll("''", "'") : valueOf(marker, values);
  }
  return found;
}

function queryOf(map: string, values: Values): string {
  const names = Array.from(map.matchAll(/:(\w+)/g), ([, name = '']) => valueOf(name, values));
  const pairs = names.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, names[at + 1] ?? '']] : []));
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function valueOf(name: string, values: Values): string {
  const value = values.get(name);
  if (value == null) throw new UnboundMarker(name);
  return value;
}

function denied(error: unknown): never {
  throw error instanceof ApiError ? new DeniedStatement(error.message) : error;
}
