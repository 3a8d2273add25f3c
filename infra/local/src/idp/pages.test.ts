import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import { PEOPLE, type Person } from '../people.ts';
import { messagePage, PAGE_HEADERS, signInPage, signOutPage } from './pages.ts';

const HOSTILE = `"><script>alert(1)</script>'&`;
const ESCAPED = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;';

test('everything that is shown is escaped', () => {
  const people: Person[] = [{ idp: 'northwind', email: HOSTILE, name: HOSTILE, subject: 's', claims: {}, role: null }];
  const html = signInPage({ providerName: HOSTILE, people, typed: HOSTILE, problem: HOSTILE });
  expect(html).not.toContain('<script');
  // The title and heading, the button's value and two texts, the typed address, the problem.
  expect(html.split(ESCAPED)).toHaveLength(8);
  expect(messagePage(HOSTILE, HOSTILE)).not.toContain('<script');
  expect(signOutPage(HOSTILE, '<form id="op.logoutForm"></form>')).not.toContain('<script');
});

test('the sign-in page says that these are demo accounts without a password', () => {
  const html = signInPage({ providerName: 'northwind', people: PEOPLE, typed: '' });
  expect(html).toContain('demo accounts');
  expect(html).toContain('no password');
});

test('the one style is the one that the content security policy allows, and no script is', () => {
  const [, style = ''] = /<style>(.*?)<\/style>/.exec(messagePage('t', 'm')) ?? [];
  const policy = PAGE_HEADERS['content-security-policy'];
  expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(policy).toMatch(/^default-src 'none'; script-src; /);
  expect(policy).toContain("frame-ancestors 'none'");
});

test('pages cannot be framed, sniffed into something else, or leak where they were', () => {
  expect(PAGE_HEADERS).toMatchObject({
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
});
