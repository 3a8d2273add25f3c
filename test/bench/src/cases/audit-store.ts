import { prepareAuditWorld } from '../../drivers/audit-world.ts';
import type { BenchCase } from '../bench-case.ts';

const at = (path: string) => new URL(`../../drivers/${path}`, import.meta.url);

export const benchCase: BenchCase = {
  name: 'audit-store',
  what: 'a batch of 500 events, made, sent and stored until its receipt is here: events per second are 500 times the calls',
  prepare: prepareAuditWorld,
  targets: [
    { kind: 'driver', name: 'audit.append alone', floor: true, module: at('audit-append.ts'), concurrency: 4 },
    { kind: 'driver', name: 'through Redis', module: at('audit-through-redis.ts'), concurrency: 8 },
    { kind: 'driver', name: 'through Postgres', module: at('audit-through-postgres.ts'), concurrency: 8 },
  ],
};
