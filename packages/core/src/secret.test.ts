import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

test('a secret shows itself nowhere', () => {
  const secret = new Secret('hunter2');
  const seen = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ nested: [secret] }, { depth: 9 }),
    JSON.stringify({ ...secret }),
    JSON.stringify(Object.entries(secret)),
  ];
  expect(seen.join('\n')).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});
