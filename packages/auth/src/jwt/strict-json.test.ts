import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStrictJson } from './strict-json.ts';

const parse = (text: string) => parseStrictJson(Buffer.from(text));

test('reads every object exactly as JSON.parse does', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      expect(parse(text)).toEqual({ ok: true, members: JSON.parse(text) as unknown });
    }),
  );
});

test('finds a name that is there twice, at any depth and however it is written', () => {
  const escaped = (name: string) =>
    [...name].map((it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const letters = fc.stringMatching(/^[a-z"\\{}:,]{1,5}$/);
  fc.assert(
    fc.property(letters, fc.nat(5), fc.boolean(), (name, depth, escape) => {
      const second = escape ? `"${escaped(name)}"` : JSON.stringify(name);
      const twice = `{${JSON.stringify(name)} : 1, "other": [{}], ${second}\n:2}`;
      const text = `${'{"a":['.repeat(depth)}${twice}${']}'.repeat(depth)}`;
      expect(parse(text)).toEqual({ ok: false, reason: 'duplicate_member' });
    }),
  );
});

test.each(['', '[]', '"{}"', 'null', '1', '{', '{}x', "{'a':1}", '{"a":1,}', '\uFEFF{}'])('%j is no object', (text) => {
  expect(parse(text)).toEqual({ ok: false, reason: 'malformed' });
});

test('bytes that are not UTF-8 are no text', () => {
  expect(parseStrictJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toEqual({
    ok: false,
    reason: 'malformed',
  });
});
