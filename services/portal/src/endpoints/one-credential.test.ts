import { expect, test } from 'vitest';
import { keepOneCredential } from './one-credential.ts';

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const keep = (authorization: string | undefined, fields: [string, string][]) => {
  const form = new URLSearchParams(fields);
  keepOneCredential(authorization, form);
  return Object.fromEntries(form);
};

test('the same credentials in header and body are one set', () => {
  expect(
    keep(basic('a%2Bb', 's%3A+%25'), [
      ['client_id', 'a+b'],
      ['client_secret', 's: %'],
    ]),
  ).toEqual({ client_id: 'a+b' });
  expect(
    keep(undefined, [
      ['client_id', 'a'],
      ['client_secret', 's'],
    ]),
  ).toEqual({ client_id: 'a', client_secret: 's' });
});

test.each<[string, string | undefined, [string, string][]]>([
  [
    'different secrets',
    basic('a', 's'),
    [
      ['client_id', 'a'],
      ['client_secret', 't'],
    ],
  ],
  [
    'a second, different secret',
    basic('a', 's'),
    [
      ['client_secret', 's'],
      ['client_secret', 't'],
    ],
  ],
  ['different clients', basic('a', 's'), [['client_id', 'b']]],
  ['a header and an assertion', basic('a', 's'), [['client_assertion', 'x']]],
  [
    'a secret and an assertion',
    undefined,
    [
      ['client_secret', 's'],
      ['client_assertion', 'x'],
    ],
  ],
  ['a bearer token', 'Bearer x', [['client_id', 'a']]],
  ['an encoding that is none', basic('a', '%'), []],
  ['nobody', undefined, []],
])('%s: refused', (_name, authorization, fields) => {
  expect(() => keep(authorization, fields)).toThrow(Error);
});
