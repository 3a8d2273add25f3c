import { expect, test } from 'vitest';
import { MemoryStateStore } from '../state/testing/memory-state-store.ts';
import { Consents } from './consents.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
const mona = { issuer: 'https://fabrikam.example', subject: 'mona' };

test('a yes is forgotten after a year; a no is not, because then the administrator’s yes would count again', async () => {
  let now = Date.UTC(2026, 0, 1);
  const consents = new Consents(new MemoryStateStore(() => now), () => now);
  await consents.allow(mona, 'agent:helper', ['sql']);
  await consents.deny(mona, 'agent:supervisor');
  now += YEAR_MS + 1;
  expect(await consents.find(mona, 'agent:helper')).toBeUndefined();
  expect(await consents.find(mona, 'agent:supervisor')).toMatchObject({ decision: 'denied' });
});
