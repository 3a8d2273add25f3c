import fc from 'fast-check';
import { expect, test } from 'vitest';
import { urlBelow } from './url-below.ts';

const BASE = 'https://api.partner.example/v1';

test.each([
  ['', BASE],
  ['/', `${BASE}/`],
  ['orders', `${BASE}/orders`],
  ['/orders/7', `${BASE}/orders/7`],
  ['/orders/', `${BASE}/orders/`],
  ['/a.b/..c/.hidden/c..', `${BASE}/a.b/..c/.hidden/c..`],
  ['/user@x/a:b;v=1,2', `${BASE}/user@x/a:b;v=1,2`],
  ['/100%25/m%C3%BCnchen/a%20b', `${BASE}/100%25/m%C3%BCnchen/a%20b`],
])('path %j is %s', (path, url) => expect(urlBelow(BASE, path).href).toBe(url));

test('the query is encoded, and a base that ends with a slash is the same base', () => {
  const url = urlBelow(`${BASE}/`, '/search', { q: 'a&b=c#d?e/../', page: '2' });
  expect(url.href).toBe(`${BASE}/search?q=a%26b%3Dc%23d%3Fe%2F..%2F&page=2`);
});

test.each([
  '..',
  '/..',
  '/../v2',
  '/a/../../v2',
  '/.',
  '/./a',
  '/%2e%2e/x',
  '/%2E./x',
  '/.%2e',
  '/%252e%252e/x',
  '/%25252e%25252e/x',
  '/%252fx',
  '/..;/x',
  '/..;jsessionid=1/x',
  '/%2e%2e%3b/x',
  '/%2e%2e%20/x',
  '/a%2f..%2fb',
  '/a%5c..%5cb',
  '/a\\..\\b',
  '\\\\evil.example\\x',
  '//evil.example/x',
  '///evil.example',
  '/a//b',
  'https://evil.example/x',
  '/a?x=1',
  '/a#x',
  '/a b',
  '/a\r\nHost: evil.example',
  '/a\tb',
  '/\u0000',
  '/a%00b',
  '/a%0d%0ab',
  '/%7f',
  '/%c0%ae%c0%ae/x',
  '/%ff',
  '/%',
  '/%2',
  '/%zz',
  '/münchen',
  '/\uff0e\uff0e/x',
  '/%EF%BC%8E%EF%BC%8E/x',
  '/%E2%80%A5/x',
  '/a%EF%BC%8Fb',
  '/\ud800',
  '/a|b',
  '/a[0]',
  '/a^b',
])('refuses the path %j', (path) => {
  expect(() => urlBelow(BASE, path)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

test('refuses a path without measure', () => {
  expect(() => urlBelow(BASE, `/${'a'.repeat(2047)}`)).not.toThrow();
  expect(() => urlBelow(BASE, `/${'a'.repeat(2048)}`)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

test.each([{ q: 'a\nb' }, { 'a\u0000': 'x' }, { q: '\ud800' }, { q: '\u0085' }])('refuses the query %j', (query) => {
  expect(() => urlBelow(BASE, '/x', query)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

test.each(['https://u:p@api.partner.example/', 'https://u@x.example/', `${BASE}?a=1`, `${BASE}#a`, 'nonsense'])(
  'refuses the base %s, and does not repeat it',
  (base) => {
    expect(() => urlBelow(base, '/x')).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: 'the base URL of a connection is not a plain URL' }),
    );
  },
);

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('.', '..', '/', '//', '\\', '%', '%2e', '%2f', '%5c', '%252e', '%25', ';', '?', '#', '@', ':'),
      fc.constantFrom('https:', 'evil.example', '\r\n', '\t', ' ', '\u0000', '%00', '%c0%ae', '．', '／', 'a', 'x1'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));

function accepted(path: string): URL | undefined {
  try {
    return urlBelow(BASE, path);
  } catch {
    return undefined;
  }
}

// What a lax server might do before it looks at the path.
function decodings(path: string): string[] {
  const all = [path];
  for (let last = path; all.length < 5; all.push(last)) {
    last = last.replaceAll(/%[\da-f]{2}/gi, (code) => String.fromCodePoint(Number.parseInt(code.slice(1), 16)));
  }
  return all;
}

test('whatever the path, the URL stays on the host and below the base, also for servers that decode again', () => {
  fc.assert(
    fc.property(nasty, (path) => {
      const url = accepted(path);
      if (url === undefined) return;
      // Letter for letter what was checked.
      expect(url.href).toBe(BASE + (path === '' || path.startsWith('/') ? path : `/${path}`));
      expect(url.origin).toBe('https://api.partner.example');
      expect(url.username + url.password + url.hash + url.search).toBe('');
      for (const decoded of decodings(url.pathname)) {
        expect(new URL(`https://api.partner.example${decoded.replaceAll(/[?#]/g, '_')}`).pathname).toMatch(
          /^\/v1(\/|$)/,
        );
        expect(decoded).not.toMatch(/\\|\/\//);
      }
    }),
    { numRuns: 5000 },
  );
});

test('a path of encoded segments comes out as it went in', () => {
  const segment = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((text) => /^[\p{L}\p{N} _-]+$/u.test(text.normalize('NFKC')))
    .map(encodeURIComponent);
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      expect(urlBelow(BASE, `/${segments.join('/')}`).pathname).toBe(`/v1/${segments.join('/')}`);
    }),
  );
});

test('whatever the query, it comes back as it went in and nothing else changes', () => {
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 10 });
  fc.assert(
    fc.property(fc.dictionary(text, text), (query) => {
      const url = urlBelow(BASE, '/x', query);
      expect([...url.searchParams]).toEqual(Object.entries(query));
      expect(url.origin + url.pathname + url.hash).toBe(`${BASE}/x`);
    }),
  );
});
