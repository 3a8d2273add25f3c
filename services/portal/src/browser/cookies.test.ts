import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { createCookieJar } from './cookies.ts';

const request = (cookie?: string) => ({ headers: { cookie } }) as IncomingMessage;

function written(publicUrl: string): string {
  const lines: string[] = [];
  const response = { appendHeader: (_name: string, value: string) => lines.push(value) } as unknown as ServerResponse;
  createCookieJar(publicUrl).write(response, 'session', { value: 'v', maxAgeSeconds: 60 });
  return lines.join('\n');
}

test('over https a cookie is bound to the host, over http it is still kept from scripts', () => {
  expect(written('https://portal.example')).toBe(
    '__Host-causeway_session=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure',
  );
  expect(written('http://127.0.0.1:8700')).toBe('causeway_session=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax');
});

test('a cookie is read by its whole name, and one that is there twice is not believed', () => {
  const jar = createCookieJar('https://portal.example');
  expect(jar.read(request('a=1; __Host-causeway_session=v'), 'session')).toBe('v');
  expect(jar.read(request('causeway_session=v'), 'session')).toBeUndefined();
  expect(jar.read(request('__Host-causeway_session=v; __Host-causeway_session=w'), 'session')).toBeUndefined();
  expect(jar.read(request(), 'session')).toBeUndefined();
});
