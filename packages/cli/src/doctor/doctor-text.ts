import type { Finding } from './doctor-check.ts';

const MARKS = { ok: 'ok', wrong: 'NO', 'not checked': '--' } as const;

/** One line for each check, and for what is wrong three. */
export function doctorText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap((finding) => {
    const said = finding.status === 'not checked' ? `not checked: ${finding.found}` : finding.found;
    const line = `${MARKS[finding.status]}  ${finding.check.padEnd(width)}  ${said}`;
    if (finding.status !== 'wrong') return [line];
    const indent = ' '.repeat(width + 6);
    return [line, `${indent}it means: ${finding.means}`, `${indent}to do: ${finding.todo}`];
  });
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const sum = `${count('ok')} well, ${count('wrong')} wrong, ${count('not checked')} not checked`;
  // What others say could hold what a terminal obeys.
  return `${[...lines, '', sum].join('\n').replaceAll(/[^\P{Cc}\n]/gu, '?')}\n`;
}
