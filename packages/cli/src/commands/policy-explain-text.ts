import type { Explanation, Rule, Verdict } from '@causeway/policy';

import type { Explained } from './policy-explain-subject.ts';

/** What a person reads. With one tool alone, rows and columns are left out. */
export function explanationText({ notes, human, rule, refusal, explanation }: Explained, toolsOnly: boolean): string {
  const lines = [
    ...notes.flatMap((note) => [note, '']),
    ...(human === undefined
      ? []
      : [`human       ${human.email ?? 'no e-mail of this provider’s domains'} (${human.subject} at ${human.issuer})`]),
    ...(refusal === undefined ? [] : [`refused     ${refusal}`]),
    ...(explanation === undefined ? [] : body(explanation, { rule, toolsOnly })),
  ];
  return `${lines
    .join('\n')
    .trimEnd()
    .replaceAll(/[^\P{Cc}\n]/gu, '?')}\n`;
}

function body(explanation: Explanation, { rule, toolsOnly }: { rule: Rule | undefined; toolsOnly: boolean }): string[] {
  const { who, principal, groups, scopes, tools, rows, columns, connections } = explanation;
  const head = [
    `who         ${who}${rule === undefined ? '' : `, by ${place(rule)}`}`,
    `principal   ${principal ?? '–'}`,
    `groups      ${groups.join(', ')}`,
    ...(scopes.length === 0 ? [] : [`scopes      ${scopes.join(', ')}`]),
    '',
    ...block('Tools', tools),
  ];
  return toolsOnly
    ? head
    : [...head, ...block('Rows', rows), ...block('Masked columns', columns), ...block('Connections', connections)];
}

function block(title: string, verdicts: readonly Verdict[]): string[] {
  if (verdicts.length === 0) return [];
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  const lines = verdicts.map(({ name, allowed, says, rule }) => {
    const where = says.includes(place(rule)) ? '' : `  (${place(rule)})`;
    return `  ${allowed ? 'yes' : 'no '}  ${name.padEnd(width)}  ${says}${where}`;
  });
  return [title, ...lines, ''];
}

const place = ({ path, file, line }: Rule) => `${path === '' ? '' : `${path}, `}${file}:${line}`;
