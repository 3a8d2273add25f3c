import { Lexer } from 'yaml';
import type { Position } from './problem.ts';

/** A policy of this size describes thousands of people. What is larger is a mistake or an attack. */
const TEXT_MAX = 1024 * 1024;
const LINE_MAX = 20_000;
const DEPTH_MAX = 32;
const BRACKETS: Partial<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 };
/** Directions, joiners and the like: they make a reviewer read something else than the parser does. */
const INVISIBLE = /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\u00AD]|(?!^)\uFEFF/u;

export interface TextProblem extends Position {
  readonly message: string;
}

/** What is refused before the parser sees it: each of these could take its time or its stack, or deceive a reader. */
export function checkText(text: string): TextProblem[] {
  if (text.length > TEXT_MAX) return [at(1, 1, 'is larger than 1 MiB: a policy document is small')];
  const lines = text.split(/\r\n|\n|\r/);
  const long = lines.findIndex((line) => line.length > LINE_MAX);
  if (long >= 0) return [at(long + 1, 1, `this line is longer than ${LINE_MAX} characters`)];
  return [...checkBrackets(text), ...lines.flatMap((line, index) => checkLine(line, index + 1))];
}

/** As the lexer sees them, so that what stands in quotes does not count. The parser would take seconds to give up. */
function checkBrackets(text: string): TextProblem[] {
  let depth = 0;
  let line = 1;
  for (const token of new Lexer().lex(text)) {
    depth += BRACKETS[token] ?? 0;
    if (depth > DEPTH_MAX) return [at(line, 1, `is nested more than ${DEPTH_MAX} levels deep`)];
    line += token.split('\n').length - 1;
  }
  return [];
}

function checkLine(line: string, number: number): TextProblem[] {
  const problems: TextProblem[] = [];
  const tab = line.indexOf('\t');
  if (tab >= 0) problems.push(at(number, tab + 1, 'there is a tab here: use spaces'));
  const invisible = line.search(INVISIBLE);
  if (invisible >= 0) problems.push(at(number, invisible + 1, 'there is an invisible character here: remove it'));
  return problems;
}

const at = (line: number, column: number, message: string): TextProblem => ({ line, column, message });
