import { AppError } from '@causeway/core';
import type { Tool, ToolOutput } from './define-tool.ts';

export interface GuardedOutput {
  readonly content: ToolOutput;
  readonly json: string;
}

/** The longest answer, in characters of JSON: what clients and models can take at once. */
const ANSWER_CHARS_MAX = 512 * 1024;

/**
 * What a reader of the answer could not see, or would see elsewhere than it stands: control characters but tab and line feed,
 * bidirectional overrides and marks, invisible separators and fillers, tag characters that spell hidden text, halves of surrogate pairs.
 */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}]|\p{Cs}/gu;
/** Joiners and variation selectors: one shapes the letter before it, several in a row spell what nobody sees. */
const SHAPERS = /[\u200c\u200d\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2,}/gu; // oxlint-disable-line no-misleading-character-class
/** The one pair that emoji are made with. */
const EMOJI_JOINER = '\ufe0f\u200d';
const HAS_UNSEEN = new RegExp(`${UNSEEN.source}|${SHAPERS.source}`, 'u');
/** Printable ASCII without a backslash, which is how JSON would write a control character: nothing to look for. */
const PLAIN = /^[\u0020-\u005b\u005d-\u007e]*$/;

/** Holds the answer to its schema and its size, and makes text that came from data harmless to read. */
export function guardOutput(tool: Tool, output: unknown): GuardedOutput {
  const checked = tool.check(output);
  const json = JSON.stringify(checked);
  const isPlain = json.length <= tool.textCharsMax && PLAIN.test(json);
  return isPlain ? { content: checked, json } : fit(tool, cleanValue(checked, tool.textCharsMax) as ToolOutput);
}

function cleanValue(value: unknown, charsMax: number): unknown {
  if (typeof value === 'string') return cleanText(value, charsMax);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, charsMax));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key, charsMax), cleanValue(item, charsMax)]),
  );
}

function cleanText(text: string, charsMax: number): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
  return HAS_UNSEEN.test(cut) ? cut.replace(UNSEEN, '').replace(SHAPERS, firstShaper) : cut;
}

const firstShaper = (run: string): string =>
  run === EMOJI_JOINER ? run : String.fromCodePoint(run.codePointAt(0) ?? 0);

/** Leaves rows off, from the end, where the answer can say so. */
function fit(tool: Tool, content: ToolOutput): GuardedOutput {
  const json = JSON.stringify(content);
  if (json.length <= ANSWER_CHARS_MAX) return { content, json };
  const rows = tool.rows === undefined ? undefined : content[tool.rows];
  if (tool.rows === undefined || !Array.isArray(rows) || rows.length === 0 || !('truncated' in content))
    throw tooLarge(tool);
  const kept = rows.slice(0, Math.floor(rows.length / 2));
  return fit(tool, { ...content, [tool.rows]: kept, truncated: true });
}

function tooLarge({ name }: Tool): AppError {
  return new AppError('upstream_rejected', `${name}: the answer is over ${ANSWER_CHARS_MAX} characters`, {
    safeDetail: 'The answer is too large. Ask for less.',
  });
}
