import type { Caller } from '@causeway/core';

/** Somebody in the role `west_sales`. A pin of `record.test.ts` holds her record. */
export const WANDA: Caller = {
  pattern: 'federation',
  human: {
    issuer: 'https://northwind.example/',
    subject: 'auth0|1',
    email: 'wanda@northwind.example',
    idp: 'northwind',
  },
  agent: undefined,
  principal: { id: '6f0c2f3e-0000-4000-8000-000000000001', role: 'west_sales', groups: ['west_sales'] },
  scopes: ['sql'],
  expiresAt: new Date('2030-01-01T00:00:00Z'),
  tokenId: 't1',
};
