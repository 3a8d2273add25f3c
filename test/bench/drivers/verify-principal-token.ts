import { createPrincipalTokenSigner, createPrincipalTokenVerifier, SigningKeys } from '@causeway/auth';
import type { StartDriver } from '../src/bench-case.ts';

const ISSUER = 'http://127.0.0.1:8700';
const RESOURCE = 'http://127.0.0.1:8701/mcp';

/** As the MCP service does it. */
export const startDriver: StartDriver = async ({ keysDir = '' }) => {
  const now = Date.now;
  const keys = new SigningKeys({ dir: keysDir, now, create: true });
  const { token } = await createPrincipalTokenSigner({ issuer: ISSUER, resource: RESOURCE, keys, now }).sign({
    principal: { id: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01', role: 'west_sales', groups: ['west_sales'] },
    human: {
      issuer: 'https://northwind.example/',
      subject: 'auth0|1',
      email: 'wanda@northwind.example',
      idp: 'northwind',
    },
    agent: undefined,
    scopes: ['sql'],
    clientId: 'partner-portal',
    notAfter: undefined,
  });
  const verifier = createPrincipalTokenVerifier({
    issuer: ISSUER,
    resource: RESOURCE,
    keys,
    now,
    revocationOf: () => undefined,
  });
  return { call: async () => (await verifier.verify(token)).ok };
};
