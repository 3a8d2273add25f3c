import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import type { PlatformSession, Statement } from '../../platform.ts';
import { scriptedWorkspace } from '../testing/scripted-workspace.ts';
import type { IndexRoute } from './search-call.ts';
import { searchDocuments } from './search-documents.ts';
import { snippetOf } from './snippet-of.ts';

const OLD: IndexRoute = { api: 'vector-search', index: 'main.kb.pages', scope: 'vector-search', queryType: 'HYBRID' };
const NEW: IndexRoute = { ...OLD, api: 'ai-search', workspace: '77', endpoint: 'ep' };
const OLD_PLACE = 'POST /api/2.0/vector-search/indexes/main.kb.pages/query';
const NEW_PLACE = 'POST /api/2.0/ai-search/workspaces/77/endpoints/ep/indexes/main.kb.pages:query';

const SEARCH = {
  dataset: {
    relation: 'knowledge.documents',
    columns: { document_id: 'id', title: 'title', body: 'body', source: 'source' },
  },
  query: 'refund policy',
  limit: 2,
};
const dialect = { identifier: (name: string) => `\`${name}\``, relation: (name: string) => `main.${name}` };
const hits = (rows: readonly (readonly (string | number | null)[])[], names = ['id', 'score']) => ({
  manifest: { column_count: names.length, columns: names.map((name) => ({ name })) },
  result: { row_count: rows.length, data_array: rows },
});

function search(answer: unknown, { route = OLD, visible = ['1', '2', '3'] as readonly string[], asked = SEARCH } = {}) {
  const statements: Statement<unknown>[] = [];
  const query: PlatformSession['query'] = async (statement) => {
    statements.push(statement);
    const rows = statement.values.filter((id) => visible.includes(String(id)));
    return rows.map((id) =>
      statement.row.parse({ document_id: id, title: `T${id}`, body: `The refund of ${id}.`, source: `s${id}` }),
    );
  };
  const workspace = scriptedWorkspace({ [OLD_PLACE]: [answer], [NEW_PLACE]: [answer] });
  const found = searchDocuments({ calls: workspace.calls, query, dialect, route }, asked);
  return { found, statements, asked: workspace.asked };
}

test('gives documents in the order of the index, with the texts of the governed table', async () => {
  const { found, asked, statements } = search(
    hits([
      ['2', 0.9],
      ['1', 0.4],
    ]),
  );
  expect(await found).toEqual([
    { documentId: '2', title: 'T2', snippet: 'The refund of 2.', score: 0.9, source: 's2' },
    { documentId: '1', title: 'T1', snippet: 'The refund of 1.', score: 0.4, source: 's1' },
  ]);
  const body = { columns: ['id'], query_text: 'refund policy', query_type: 'HYBRID', num_results: 6 };
  expect(asked).toMatchObject([{ scope: 'vector-search', repeatable: true, body }]);
  expect(statements[0]?.text).toContain('FROM main.knowledge.documents WHERE CAST(`id` AS STRING) IN ($1, $2)');
});

test('a document that the table hides from the caller is not found, whatever the index says', async () => {
  const { found } = search(
    hits([
      ['2', 0.9],
      ['1', 0.4],
      ['3', 0.2],
    ]),
    { visible: ['1', '3'] },
  );
  expect((await found).map(({ documentId }) => documentId)).toEqual(['1', '3']);
});

test('the newer API is asked by workspace and endpoint', async () => {
  const { found, asked } = search(hits([['1', 0.4]]), { route: NEW });
  expect(await found).toHaveLength(1);
  expect(asked[0]?.body).toMatchObject({ max_results: 6 });
});

test('never asks the index for more than sixty', async () => {
  const { found, asked } = search(hits([]), { asked: { ...SEARCH, limit: 20 } });
  expect(await found).toEqual([]);
  expect(asked[0]?.body).toMatchObject({ num_results: 60 });
});

describe('scores', () => {
  const scores = async (answer: unknown) => (await search(answer).found).map(({ score }) => score);

  test.each([
    [
      'from 0 to 1 stay',
      hits([
        ['1', 0.91234567],
        ['2', 0.5],
      ]),
      [0.9123, 0.5],
    ],
    [
      'beyond 1 are parts of the best',
      hits([
        ['1', 8],
        ['2', 2],
      ]),
      [1, 0.25],
    ],
    [
      'below 0 or that are none are 0',
      hits([
        ['1', 0.5],
        ['2', -3],
      ]),
      [0.5, 0],
    ],
    [
      'as text are read',
      hits([
        ['1', '0.75'],
        ['2', 'x'],
      ]),
      [0.75, 0],
    ],
    ['are the last column where none has the name', hits([['1', 0.3]], ['id', '__db_score']), [0.3]],
    ['are the column of that name wherever it stands', hits([[0.3, '1', 'x']], ['score', 'id', 'title']), [0.3]],
  ])('%s', async (_, answer, expected) => {
    expect(await scores(answer)).toEqual(expected);
  });
});

test.each([
  [new AppError('not_found', 'RESOURCE_DOES_NOT_EXIST'), 'access_denied'],
  [new AppError('access_denied', 'PERMISSION_DENIED'), 'access_denied'],
  [new AppError('upstream_unavailable', '503'), 'upstream_unavailable'],
  [{ result: { data_array: 'no' } }, 'upstream_unavailable'],
  [hits([['1', 1]], ['other', 'score']), 'upstream_unavailable'],
])('what goes wrong has its code: %#', async (answer, code) => {
  await expect(search(answer).found).rejects.toMatchObject({ code });
});

test('an index without its catalog and schema is a mistake of the settings', async () => {
  const { found } = search(hits([]), { route: { ...OLD, index: 'pages' } });
  await expect(found).rejects.toMatchObject({ code: 'config_invalid' });
});

describe('a snippet', () => {
  const long = `${'start '.repeat(60)}the refund policy says ${'end '.repeat(60)}`;

  test('is the passage around the first word that was asked for', () => {
    const snippet = snippetOf(long, 'our refund?');
    expect(snippet).toMatch(/^… start .*refund policy says .*…$/);
    expect(snippet.length).toBeLessThan(310);
  });

  test.each([
    ['short text whole', 'A  short\ntext', 'x', /^A short text$/],
    ['the beginning when no word stands in it', 'abc '.repeat(200), 'xyz', /^abc abc .* …$/],
  ])('%s', (_, text, query, expected) => {
    expect(snippetOf(text, query)).toMatch(expected);
  });
});
