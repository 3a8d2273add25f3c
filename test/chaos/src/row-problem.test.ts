import { describe, expect, test } from 'vitest';
import { type AuditRow, rowProblem } from './row-problem.ts';
import { PEOPLE } from './who-may-see.ts';

const [who] = PEOPLE;
if (who === undefined) throw new Error('there is nobody');
const answer = { who, tool: 'check_identity', status: 200, code: undefined };
const row: AuditRow = {
  request_id: 'r1',
  tool: 'check_identity',
  status: 'success',
  error_code: null,
  human_email: who.email,
  role: who.role ?? null,
};
const failed = { ...row, status: 'error', error_code: 'upstream_timeout' };

test('an answer with its row is as it should be', () => {
  expect(rowProblem(answer, [row])).toBeUndefined();
  expect(rowProblem({ ...answer, code: 'upstream_timeout' }, [failed])).toBeUndefined();
});

test('a refusal before the tool has a row without one', () => {
  const refusal = {
    ...row,
    tool: null,
    status: 'error',
    error_code: 'upstream_unavailable',
    human_email: null,
    role: null,
  };
  expect(rowProblem({ ...answer, status: 503, code: 'upstream_unavailable' }, [refusal])).toBeUndefined();
});

describe('named is', () => {
  test.each([
    ['an answer that was not recorded', answer, []],
    ['a refusal that was not recorded', { ...answer, code: 'access_denied' }, []],
    ['a tool’s own failure that was not recorded', { ...answer, code: 'upstream_unavailable' }, []],
    ['a token that was not recorded', { ...answer, tool: undefined }, []],
    ['an answer that was recorded twice', answer, [row, row]],
    ['an attempt without an answer that was recorded twice', { ...answer, status: undefined }, [row, row]],
    ['a row of somebody else', answer, [{ ...row, human_email: 'erik@northwind.example' }]],
    ['a row of another role', answer, [{ ...row, role: 'admin' }]],
    ['a row of another tool', answer, [{ ...row, tool: 'genie_query' }]],
    ['a success that is recorded as a failure', answer, [failed]],
    ['a failure that is recorded as a success', { ...answer, code: 'upstream_timeout' }, [row]],
    ['another failure', { ...answer, code: 'upstream_unavailable' }, [failed]],
  ])('%s', (_, asked, rows) => {
    expect(rowProblem(asked, rows)).toEqual(expect.any(String));
  });
});

test.each([
  ['who was refused for the journal', { ...answer, code: 'audit_unavailable' }],
  ['who got no answer', { ...answer, status: undefined }],
  ['who could not be judged', { ...answer, status: 503, code: 'upstream_unavailable' }],
  ['who proved nothing', { ...answer, status: 401, code: 'invalid_token' }],
])('%s may have no row', (_, asked) => {
  expect(rowProblem(asked, [])).toBeUndefined();
});
