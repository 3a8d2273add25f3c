import { escapeIdentifier, escapeLiteral } from 'pg';

/** A relation, function or other object of a schema, by its full name. */
export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

export function identifiers(names: readonly string[]): string {
  return names.map(escapeIdentifier).join(', ');
}

/** An anonymous block: what SQL alone cannot say, such as CREATE ROLE only where there is none. */
export function block(...lines: readonly string[]): string {
  return `DO ${escapeLiteral(`\nBEGIN\n${lines.map((line) => `  ${line}`).join('\n')}\nEND`)}`;
}
