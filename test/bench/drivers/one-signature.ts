import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { StartDriver } from '../src/bench-case.ts';

const TOKEN_BYTES = 700;

/** What no exchange can do without: one ES256 signature over what is as long as a principal token. */
export const startDriver: StartDriver = async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = randomBytes(TOKEN_BYTES);
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return { call: async () => sign('sha256', text, key).length === 64 };
};
