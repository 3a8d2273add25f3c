import { coverage, listEndToEndTests } from '../../test/e2e/coverage.ts';
import { REQUIREMENTS } from '../../test/e2e/requirements.ts';
import { markdownTable } from './markdown-table.ts';

export function requirementsPage(): string {
  const { files, problems } = coverage(listEndToEndTests());
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const sources = [...new Set(REQUIREMENTS.map(({ source }) => source))];
  const sections = sources.map((source) => {
    const rows = REQUIREMENTS.filter((requirement) => requirement.source === source).map(({ id, text }) => [
      `\`${id}\``,
      text,
      files
        .get(id)
        ?.map((file) => `\`${file}\``)
        .join(', '),
    ]);
    return `## ${source}\n\n${markdownTable(['id', 'promise', 'end-to-end test'], rows)}\n`;
  });
  return `# Requirements

The ${REQUIREMENTS.length} promises of the product, from \`test/e2e/requirements.ts\`, each with the end-to-end tests that show it. \`npm test\` fails when one has none.

${sections.join('\n')}`;
}
