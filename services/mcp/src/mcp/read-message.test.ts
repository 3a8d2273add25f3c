import { expect, test } from 'vitest';
import { readMessage } from './read-message.ts';

const read = (text: string) => readMessage(Buffer.from(text))?.body;
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('a message is read as it is', () => {
  expect(read('{"a":[1,"x",null,{"constructor":true}]}')).toEqual({ a: [1, 'x', null, { constructor: true }] });
  expect(read('null')).toBeNull();
});

test.each(['{', '', '{"a":1}x'])('what is no JSON is no message: %j', (text) => {
  expect(readMessage(Buffer.from(text))).toBeUndefined();
});

test.each(['{"__proto__":{}}', '{"a":[{"\\u005f_proto__":1}]}'])('nor what names a prototype: %s', (text) => {
  expect(readMessage(Buffer.from(text))).toBeUndefined();
});

test('64 levels are read, and one more is not, nor are a hundred thousand', () => {
  expect(read(nested(64))).toBeDefined();
  for (const depth of [65, 100_000]) expect(read(nested(depth))).toBeUndefined();
});
