import { expect, test } from 'vitest';
import { isStrangers } from './strangers.ts';

test.each(['revocation', 'token_exchange', 'request_refused'] as const)(
  'a %s of somebody who proved nothing counts as a stranger’s',
  (kind) => {
    expect(isStrangers({ kind, caller: undefined })).toBe(true);
  },
);

test.each(['policy_change', 'key_rotation', 'refused_summary'] as const)('a %s is the gateway’s own', (kind) => {
  expect(isStrangers({ kind, caller: undefined })).toBe(false);
});
