import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIdentityProviders } from '@causeway/local/identity-providers';
import { signInAs } from '@causeway/local/sign-in-as';
import { DEMO_POLICY } from '../../drivers/demo-policy.ts';
import type { BenchCase, Prepared } from '../bench-case.ts';

const at = (path: string) => new URL(`../../drivers/${path}`, import.meta.url);

/** The demo providers, and a token that one of them gave. */
async function prepare(): Promise<Prepared> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-bench-verification-'));
  const idps = await startIdentityProviders({ port: 0, dir: join(dir, 'idp'), portalUrl: 'http://127.0.0.1:8700' });
  const policy = join(dir, 'policy.yaml');
  writeFileSync(policy, readFileSync(DEMO_POLICY, 'utf8').replaceAll('http://127.0.0.1:8710', idps.baseUrl));
  const { accessToken } = await signInAs({ issuer: idps.issuers.northwind, email: 'wanda@northwind.example' });
  return {
    settings: { policy, subjectToken: accessToken, keysDir: join(dir, 'portal') },
    stop: async () => {
      await idps.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const benchCase: BenchCase = {
  name: 'verification',
  what: 'a token that was verified before, from the cache; beside it the digest by which it is found',
  prepare,
  targets: [
    { kind: 'driver', name: 'one digest', floor: true, module: at('one-digest.ts'), concurrency: 1 },
    { kind: 'driver', name: 'subject token', module: at('verify-subject-token.ts'), concurrency: 1 },
    { kind: 'driver', name: 'principal token', module: at('verify-principal-token.ts'), concurrency: 1 },
  ],
};
