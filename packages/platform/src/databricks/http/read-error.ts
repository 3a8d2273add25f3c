import { z } from 'zod';

/** What the workspace says of a request that it refuses. */
export interface WorkspaceError {
  /** `PERMISSION_DENIED` and the like; empty where there is none. */
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

const MESSAGE_CHARS_MAX = 1000;
/** Looking for the end of a tag in each of a million beginnings would hold everybody up. */
const HTML_CHARS_MAX = 8000;

/** In each of the six forms that the API is known to use: JSON of today, of API 1.2, of SCIM and of OAuth, plain text, and HTML. Or nothing. */
export function readError(status: number, body: Uint8Array): WorkspaceError {
  const text = new TextDecoder().decode(body).trim();
  const { code, message, ...more } = fromJson(status, text) ?? fromHtml(text) ?? fromPlain(text);
  return { code, message: message.slice(0, MESSAGE_CHARS_MAX), ...more };
}

const word = z.union([z.string(), z.number()]).transform(String).nullish();
const detail = z.looseObject({ '@type': z.string().optional(), reason: word, retry_delay: word, retryDelay: word });

const jsonBody = z.looseObject({
  error_code: word,
  message: word,
  // Of API 1.2, where it stands for the message; of OAuth, where it is the code.
  error: z.union([word, z.looseObject({ code: word, message: word })]),
  error_description: word,
  errorCode: word,
  errorSummary: word,
  // SCIM.
  detail: word,
  scimType: word,
  details: z.array(detail).catch([]).default([]),
});

function fromJson(status: number, text: string): WorkspaceError | undefined {
  if (!text.startsWith('{')) return undefined;
  const parsed = jsonBody.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const body = parsed.data;
  const retryAfterMs = retryDelayOf(body.details);
  return { ...namesOf(status, body), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

type JsonBody = z.output<typeof jsonBody>;
type Names = Pick<WorkspaceError, 'code' | 'message'>;

function namesOf(status: number, body: JsonBody): Names {
  const { error } = body;
  if (body.detail != null) return { code: `SCIM_${status}`, message: body.detail };
  if (error !== null && typeof error === 'object') return { code: error.code ?? '', message: error.message ?? '' };
  return ofOAuth(error, body) ?? { code: body.error_code ?? '', message: error ?? body.message ?? '' };
}

function ofOAuth(error: string | null | undefined, body: JsonBody): Names | undefined {
  const message = body.error_description ?? body.errorSummary;
  return message == null ? undefined : { code: error ?? body.errorCode ?? '', message };
}

/** google.rpc.RetryInfo: `"3.5s"`. */
function retryDelayOf(details: readonly z.output<typeof detail>[]): number | undefined {
  const delay = details.map((one) => one.retry_delay ?? one.retryDelay).find((found) => found != null);
  const seconds = /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(delay ?? '')?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

function fromHtml(whole: string): WorkspaceError | undefined {
  if (!whole.startsWith('<')) return undefined;
  const text = whole.slice(0, HTML_CHARS_MAX);
  const message = /<pre>([\s\S]*?)<\/pre>/i.exec(text)?.[1] ?? /<title>([\s\S]*?)<\/title>/i.exec(text)?.[1] ?? '';
  return { code: '', message: message.trim() };
}

/** `ERROR_CODE: message`, or just words. */
function fromPlain(text: string): WorkspaceError {
  const [, code = '', message = text] = /^([A-Z][A-Z_]{2,80}):\s*([\s\S]*)$/.exec(text) ?? [];
  return { code, message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
