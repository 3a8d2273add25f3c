import type { Caller } from '@causeway/core';
import { createPostgresPlatform } from '@causeway/platform';
import { z } from 'zod';
import type { StartDriver } from '../src/bench-case.ts';
import { demoPolicy } from './demo-policy.ts';
import { areWestDeals, DEALS_QUERY, ROLE_GROUP } from './deals-query.ts';

const row = z.object({ id: z.number(), region: z.string(), amount: z.number() });

/** As a tool does it: a session as the caller, and a curated statement with checked rows. */
export const startDriver: StartDriver = async ({ gatewayUrl = '', role = '' }) => {
  const document = await demoPolicy();
  const platform = createPostgresPlatform({ url: gatewayUrl, policy: () => document });
  const caller: Caller = {
    pattern: 'federation',
    human: { issuer: 'https://idp.example', subject: 's1', email: 'wanda@northwind.example', idp: 'northwind' },
    agent: undefined,
    principal: { id: role, role: ROLE_GROUP, groups: [ROLE_GROUP] },
    scopes: ['sql'],
    expiresAt: new Date(Date.now() + 3_600_000),
    tokenId: 't1',
  };
  return {
    call: async () => {
      const session = await platform.open(caller, { requestId: 'bench' });
      return areWestDeals(await session.query({ ...DEALS_QUERY, values: [100], row }));
    },
  };
};
