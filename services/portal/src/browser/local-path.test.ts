import { expect, test } from 'vitest';
import { localPath } from './local-path.ts';

test.each(['/', '/interaction/abc_-9', '/?a=b&c=%20d'])('%s is a place of ours', (path) => {
  expect(localPath(path)).toBe(path);
});

test.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '\\\\evil.example',
  'evil',
  'javascript:alert(1)',
  '/a b',
  '/a\r\nset-cookie: x',
  '/@evil.example',
  `/${'a'.repeat(600)}`,
  '',
  null,
  undefined,
])('%j is not', (path) => {
  expect(localPath(path)).toBe('/');
});
