import { describePlatform } from '../testing/platform-contract.ts';
import { POSTGRES_KINDS } from '../testing/postgres-server.ts';
import { startDemoWorld } from '../testing/start-demo-world.ts';

for (const kind of POSTGRES_KINDS) describePlatform(`PostgresPlatform on ${kind}`, () => startDemoWorld(kind));
