import { demoPolicy } from '@causeway/platform/testing';
import { expect, test } from 'vitest';
import { beginAttempt } from '../attempt/attempt.ts';
import type { Identity } from '../identity/identity.ts';
import type { GrantRequest } from './grant.ts';
import { createTokenExchange } from './token-exchange.ts';

const document = await demoPolicy();
const fabrikam = document.policy.providers.find(({ id }) => id === 'fabrikam')!;
const mona = { issuer: fabrikam.issuer, subject: 'mona', email: 'mona@fabrikam.example', idp: 'fabrikam' };
const expiresAt = new Date(Date.now() + 600_000);
const issued = { token: 'principal-token', tokenId: 'issued', expiresAt, lifetimeSeconds: 600 };
const proved = { ok: true, human: mona, claims: { groups: ['sales-managers'] }, expiresAt, tokenId: 'subject' };

const identity = {
  document,
  issuer: 'http://127.0.0.1:8700',
  subjectTokens: { verify: async () => proved },
  agentTokens: { verify: async () => ({ ok: true, agent: { id: 'supervisor' }, tokenId: 'actor', expiresAt }) },
  signPrincipal: async () => issued,
} as unknown as Identity;

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const request = (client: Partial<GrantRequest['client']> = {}): GrantRequest => ({
  client: { id: 'supervisor', isConfidential: true, method: 'client_secret', ...client },
  attempt: beginAttempt('token_exchange', { requestId: 'r', clientAddress: undefined, startedAt: 0 }),
  parameters: {
    subject_token: 's',
    subject_token_type: JWT,
    actor_token: 'a',
    actor_token_type: JWT,
    resource: document.policy.resource,
  },
});

/** `isLate`: the human says no after the agent was let pass, and before its token is written down. */
function exchangeWith({ isLate }: { isLate: boolean }) {
  let decision = 'allowed';
  const noted: string[] = [];
  const counted: string[] = [];
  const { grant } = createTokenExchange({
    identity,
    platformTokenEndpoint: undefined,
    limits: { count: async (kind) => void counted.push(kind) },
    consents: { find: async () => ({ decision, scopes: ['sql'] }) } as never,
    connections: {
      noteAgentToken: async (_person, agent) => {
        if (isLate) decision = 'denied';
        noted.push(agent);
      },
    },
  });
  return { noted, counted, answer: (client?: Partial<GrantRequest['client']>) => grant(request(client)) };
}

test('an agent’s token is written down before it is given out', async () => {
  const { answer, noted } = exchangeWith({ isLate: false });
  expect(await answer()).toMatchObject({ access_token: 'principal-token' });
  expect(noted).toEqual(['supervisor']);
});

test('a no that comes while the token is made is heard: the agent does not get it', async () => {
  await expect(exchangeWith({ isLate: true }).answer()).rejects.toMatchObject({
    error: 'invalid_request',
    message: expect.stringContaining('taken back') as string,
  });
});

test('who asks too often uses up their own allowance, and not that of everybody at the same public client', async () => {
  const { answer, counted } = exchangeWith({ isLate: false });
  await answer({ isConfidential: false, method: 'none' });
  expect(counted).toEqual(['subject', 'client']);
});
