import { Secret } from '@causeway/core';
import { describeError } from './describe-error.ts';

const REDACTED = '[redacted]';
const DEPTH_MAX = 6;

// access_token, accessToken and Access-Token are one name.
const SECRET_KEY =
  /(?:token|secret|pass[-_. ]?word|passwd|pass[-_. ]?phrase|private[-_. ]?key|api[-_. ]?key|cookie|assertion|authorization|credentials?|^code|^code[-_. ]?verifier|^jwk|^dpop)[-_. ]*$/i;

/** The second lock: what is logged should hold no secret, and what looks like one by its name is blanked. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Secret) return value.toJSON();
  if (value instanceof Error) return describeError(value);
  if (value instanceof URL) return value.href;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  // No functions: by a `toJSON` an object would write itself out, past all of this.
  const members = Object.entries(value).filter(([, inner]) => typeof inner !== 'function');
  return Object.fromEntries(
    members.map(([key, inner]) => [key, SECRET_KEY.test(key) ? REDACTED : redact(inner, depth + 1)]),
  );
}

// A JWT, a credential of an Authorization header, the password in a URL.
const SECRET_TEXT =
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}|\b(?:Bearer|Basic|DPoP)\s+[\w.~+/=-]{8,}|(?<=:\/\/[^\s:/?#@"\\]{0,200}:)[^\s/?#@"\\]+(?=@)/g;

// What each of them has in it, found in a tenth of the time: most lines have none.
const MARK = /eyJ|Bearer|Basic|DPoP|:\/\//;

/** Blanks what looks like a secret by its form, wherever it stands in a line. */
export const redactText = (line: string): string => (MARK.test(line) ? line.replace(SECRET_TEXT, REDACTED) : line);
