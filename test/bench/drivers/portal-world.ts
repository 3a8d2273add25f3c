import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIdentityProviders } from '@causeway/local/identity-providers';
import { signInAs } from '@causeway/local/sign-in-as';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { Prepared } from '../src/bench-case.ts';
import { mainOf } from '../src/cases/as-shipped.ts';
import { newProducerKey, startAuditWay } from './audit-world.ts';
import { DEMO_POLICY } from './demo-policy.ts';

/** What a portal stands on, twice: a state database and a Redis, each with the worker that empties its audit queue. */
export async function preparePortal(): Promise<Prepared> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-bench-portal-'));
  const portalUrl = `http://127.0.0.1:${await freePort()}`;
  const idps = await startIdentityProviders({ port: 0, dir: join(dir, 'idp'), portalUrl });
  const producerKey = newProducerKey();
  const [postgres, redis] = [await startAuditWay('postgres', producerKey), await startAuditWay('redis', producerKey)];
  const policy = join(dir, 'policy.yaml');
  const text = readFileSync(DEMO_POLICY, 'utf8');
  writeFileSync(policy, text.replaceAll('http://127.0.0.1:8710', idps.baseUrl).replaceAll('../../.causeway', dir));
  mkdirSync(join(dir, 'clients'));
  const { accessToken } = await signInAs({ issuer: idps.issuers.northwind, email: 'wanda@northwind.example' });
  return {
    settings: {
      main: await mainOf('portal', join(dir, 'bundle')),
      subjectToken: accessToken,
      stateUrl: postgres.queue.url,
      redisUrl: redis.queue.url,
      PORTAL_PUBLIC_URL: portalUrl,
      PORTAL_KEYS_DIR: join(dir, 'portal'),
      PORTAL_COOKIE_KEY: randomBytes(32).toString('hex'),
      CAUSEWAY_POLICY: policy,
      JOURNAL_DIR: join(dir, 'journal'),
      AUDIT_PRODUCER_KEY: producerKey,
      LOG_LEVEL: 'info',
    },
    stop: async () => {
      await Promise.all([postgres.stop(), redis.stop(), idps.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
