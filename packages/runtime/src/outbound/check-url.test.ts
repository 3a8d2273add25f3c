import { expect, test } from 'vitest';
import { checkUrl } from './check-url.ts';

test.each([
  'ftp://x.example/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'ws://x.example/',
  'https://user@x.example/',
  'https://user:hunter2@x.example/',
  'https://:hunter2@x.example/',
  'https://x.example./',
  'https://x.example.:8443/a?token=hunter2',
  'https://',
  'x.example/path',
  '',
])('refuses %j, and does not repeat it', (input) => {
  const problem = expect.stringMatching(/^partner: (?!.*(hunter2|user@|x\.example))/);
  expect(() => checkUrl('partner', input)).toThrow(
    expect.objectContaining({ code: 'upstream_rejected', message: problem }),
  );
});

test.each([
  ['https://2130706433/', '127.0.0.1'],
  ['https://0x7f000001/', '127.0.0.1'],
  ['https://0177.0.0.1/', '127.0.0.1'],
  ['https://127.1/', '127.0.0.1'],
  ['https://127.0.0.1./', '127.0.0.1'],
  ['https://0xa9fea9fe/', '169.254.169.254'],
  ['https://①②⑦.0.0.1/', '127.0.0.1'],
  ['https://[::ffff:127.0.0.1]/', '[::ffff:7f00:1]'],
])('%s becomes the plain address %s, which the network rule then sees', (input, hostname) => {
  expect(checkUrl('partner', input).hostname).toBe(hostname);
});
