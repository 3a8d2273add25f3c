import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { html } from './html.ts';
import { consentPage } from './pages/consent.ts';
import { renderPage } from './pages/layout.ts';

test('whatever is put into a page is text', () => {
  const evil = `"><script>alert('x')</script>&`;
  expect(html`<p title="${evil}">${evil}</p>`.text).not.toMatch(/<script|'x'|"">/);
  const items = ['a', '<b>'].map((one) => html`<li>${one}</li>`);
  expect(html`${items}`.text).toBe('<li>a</li><li>&#60;b&#62;</li>');
});

test('the consent page names who asks, where the answer goes and what it opens; a client’s name stays text', () => {
  const page = consentPage({
    action: '/interaction/x',
    csrf: 'c',
    clientId: 'https://apps.example/oauth/client.json',
    clientName: '<img src=x>',
    redirectUri: 'https://app.example/callback',
    scopes: ['sql'],
    human: { issuer: 'i', subject: 's', email: 'a@b.example', idp: 'p' },
    role: 'managers',
    isSelfDescribed: true,
  });
  expect(page.body.text).not.toContain('<img');
  for (const text of [
    'app.example',
    'read sales data',
    'a@b.example',
    'nobody here has checked it',
    'described at apps.example',
  ]) {
    expect(page.body.text).toContain(text);
  }
  expect(page.formTarget).toBe('https://app.example');
});

test('a page loads nothing, runs nothing, and its style is the one that its policy names', () => {
  const { headers, text } = renderPage({ title: 'T', body: html`<p>x</p>` });
  const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? '';
  const policy = headers['content-security-policy'] ?? '';
  expect(policy).toContain(`style-src 'sha256-${hash('sha256', style, 'base64')}'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("form-action 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(text).not.toMatch(/<script|<link|src=|style="/);
});
