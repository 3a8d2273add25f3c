import { expect, test } from 'vitest';
import { allows } from './allow-list.ts';

const rules = ['GET /orders', 'GET /orders/*', 'POST /orders'];

test.each([
  ['GET', '/orders', true],
  ['GET', 'orders', true],
  ['GET', '/orders/1', true],
  ['GET', '/orders/1/items', true],
  ['POST', '/orders', true],
  ['POST', '/orders/1', false],
  ['DELETE', '/orders/1', false],
  ['PUT', '/orders', false],
  ['GET', '/ordersx', false],
  ['GET', '/Orders', false],
  ['GET', '/orders?x', false],
  ['GET', '', false],
  ['GET', '/', false],
  ['GET', '/%6frders', false],
] as const)('%s %s: %s', (method, path, allowed) => expect(allows(rules, { method, path })).toBe(allowed));
