/** A comment of one line, whatever is in the text: a line break would make the rest of it SQL. */
export function sqlComment(text: string): string {
  return `-- ${text.replaceAll(/[\p{C}\u2028\u2029]/gu, ' ')}`;
}
