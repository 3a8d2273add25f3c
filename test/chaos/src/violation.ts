/** A broken promise, and what is known about how it came about. */
export interface Violation {
  readonly what: string;
  readonly evidence: readonly string[];
}

const SHOWN_MAX = 20;

/** The first line says all that one line can: where many tests run, often only that is shown. */
export function violationsText(where: string, violations: readonly Violation[]): string {
  if (violations.length === 0) return '';
  const shown = violations.slice(0, SHOWN_MAX);
  const told = shown.flatMap(({ what, evidence }) => [`- ${what}`, ...evidence.map((line) => `    ${line}`)]);
  const [first] = shown;
  return [`${where}: ${violations.length} broken promises, first: ${first?.what}`, ...told].join('\n');
}
