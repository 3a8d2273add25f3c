import { expect, test } from 'vitest';
import { type Caller, callerKey } from './caller.ts';

const human = { issuer: 'https://idp.example/', subject: 'u1', email: 'ada@contoso.example', idp: 'contoso' };
const caller: Caller = {
  pattern: 'federation',
  human,
  agent: undefined,
  principal: { id: 'p', role: 'admin', groups: ['admin'] },
  scopes: ['sql'],
  expiresAt: new Date(0),
  tokenId: 't',
};
const key = (change: Partial<Caller>) => callerKey({ ...caller, ...change });

const split = (issuer: string, subject: string) => key({ human: { ...human, issuer, subject } });

test('two people of one role are two callers', () => {
  expect(key({ human: { ...human, subject: 'u2' } })).not.toBe(key({}));
});

test('one subject at two issuers is two callers', () => {
  expect(key({ human: { ...human, issuer: 'https://other.example/' } })).not.toBe(key({}));
});

test('a human, an agent and the agent for the human are three callers', () => {
  const agent = { id: 'supervisor' };
  expect(new Set([key({}), key({ agent }), key({ human: undefined, agent })]).size).toBe(3);
});

test('parts cannot be shifted into one another', () => {
  expect(split('a","b', 'c')).not.toBe(split('a', 'b","c'));
});

test('e-mail and role change nothing', () => {
  expect(key({ human: { ...human, email: undefined }, principal: { id: 'q', role: 'x', groups: [] } })).toBe(key({}));
});
