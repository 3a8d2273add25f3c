import { expect, test } from 'vitest';
import { connectionOptions } from './connection-options.ts';

const modeOf = (url: string) => new URL(connectionOptions(url).connectionString ?? '').searchParams.get('sslmode');

test.each(['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])('%s is this machine, and needs no TLS', (host) => {
  expect(modeOf(`postgres://u:p@${host}/db`)).toBeNull();
});

test.each(['', '?sslmode=require', '?sslmode=verify-full'])(
  'off loopback the server must prove who it is: %j',
  (query) => {
    expect(modeOf(`postgres://u:p@db.example/db${query}`)).toBe('verify-full');
  },
);

test.each([
  'postgres://u:s3cret@db.example/db?sslmode=disable',
  'postgres://u:s3cret@db.example/db?sslmode=no-verify',
  'postgres://u:s3cret@db.example/db?sslmode=prefer',
  'postgres://u:s3cret@127.0.0.1.db.example/db?sslmode=disable',
  'postgres://u:s3cret@127.0.0.1/db?host=db.example',
  'postgres://u:s3cret@127.0.0.1/db?hostaddr=10.0.0.1',
  'not a url with s3cret',
])('refuses %s, without quoting it', (url) => {
  expect(() => connectionOptions(url)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  expect(() => connectionOptions(url)).not.toThrow(/s3cret/);
});
