import { Secret } from '@causeway/core';
import { expect, test } from 'vitest';
import { callerOf } from '../testing/call-world.ts';
import { createConversationHandles } from './conversation-handles.ts';
import { parseHandleKeys } from './handle-keys.ts';

const KEY_1 = `k1:${'A'.repeat(43)}`;
const KEY_2 = `k2:${'B'.repeat(42)}A`;
const keys = parseHandleKeys(new Secret(KEY_1));
const wanda = callerOf('west_sales');
const owner = { tool: 'genie_query', caller: wanda } as const;
const plan = { measures: ['revenue'], secret: 'WEST' };

const handles = createConversationHandles(keys, () => 1000);
const handle = handles.seal(owner, plan, 60);
const notFound = expect.objectContaining({ code: 'not_found' });

test('its owner opens it, and nothing of it can be read', () => {
  expect(handles.open(owner, handle)).toEqual(plan);
  expect(Buffer.from(handle.slice(3), 'base64url').toString('latin1')).not.toContain('revenue');
  expect(handles.seal(owner, plan, 60)).not.toBe(handle);
});

test('a conversation that has nothing to take up yet can be gone on with', () => {
  expect(handles.open(owner, handles.seal(owner, undefined, 60))).toBeUndefined();
});

const agent = { id: 'supervisor' };
const { human, principal } = wanda;

test.each([
  ['another tool', { ...owner, tool: 'ask_supervisor' as const }],
  ['another human of the role', { ...owner, caller: { ...wanda, human: { ...human!, subject: 'another' } } }],
  [
    'the same subject of another issuer',
    { ...owner, caller: { ...wanda, human: { ...human!, issuer: 'https://x/' } } },
  ],
  ['an agent that comes along', { ...owner, caller: { ...wanda, agent } }],
  ['the agent alone', { ...owner, caller: { ...wanda, agent, human: undefined } }],
  ['another principal', { ...owner, caller: { ...wanda, principal: { ...principal, id: 'x' } } }],
  ['another role of the same human', { ...owner, caller: { ...wanda, principal: { ...principal, role: 'admin' } } }],
])('is not found by %s', (_, stranger) => {
  expect(() => handles.open(stranger, handle)).toThrow(notFound);
});

test.each(Array.from({ length: 40 }, (_, n) => Math.floor((n * (handle.length - 3)) / 40) + 3))(
  'is not found when character %i is another',
  (at) => {
    const other = handle[at] === 'A' ? 'B' : 'A';
    expect(() => handles.open(owner, `${handle.slice(0, at)}${other}${handle.slice(at + 1)}`)).toThrow(notFound);
  },
);

test.each([
  '',
  'k1',
  'k1.',
  'k9.AAAA',
  'k1.AAAA',
  `${handle}=`,
  ` ${handle}`,
  handle.slice(0, -1),
  'k1.' + 'A'.repeat(8000),
])('what was never a handle is not found: %j', (text) => expect(() => handles.open(owner, text)).toThrow(notFound));

test('is not found when it is too old', () => {
  expect(createConversationHandles(keys, () => 60_999).open(owner, handle)).toEqual(plan);
  expect(() => createConversationHandles(keys, () => 61_000).open(owner, handle)).toThrow(notFound);
});

test('a handle of the key before the current one is still read, until that key is gone', () => {
  const rotated = createConversationHandles(parseHandleKeys(new Secret(`${KEY_2}\n${KEY_1}`)), () => 1000);
  expect(rotated.open(owner, handle)).toEqual(plan);
  expect(rotated.seal(owner, plan, 60)).toMatch(/^k2\./);
  const later = createConversationHandles(parseHandleKeys(new Secret(KEY_2)), () => 1000);
  expect(() => later.open(owner, handle)).toThrow(notFound);
});

test('a plan of more than 4 KB is not sealed', () => {
  expect(() => handles.seal(owner, 'x'.repeat(4300), 60)).toThrow(/over 4 KB/);
});

test.each(['', 'k1', `k1:${'A'.repeat(42)}`, `${KEY_1}\n${KEY_1}`, `${KEY_1}\nhunter2`])(
  'bad keys are refused unquoted: %j',
  (text) => {
    expect(() => parseHandleKeys(new Secret(text))).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    expect(() => parseHandleKeys(new Secret(text))).not.toThrow(/hunter2/);
  },
);
