import { afterAll, beforeAll } from 'vitest';
import { caches } from './attacks/caches.ts';
import { connections } from './attacks/connections.ts';
import { consent } from './attacks/consent.ts';
import { data } from './attacks/data.ts';
import { exhaustion } from './attacks/exhaustion.ts';
import { headerSpoofing } from './attacks/header-spoofing.ts';
import { limits } from './attacks/limits.ts';
import { mixUp } from './attacks/mix-up.ts';
import { oracles } from './attacks/oracles.ts';
import { prototypePollution } from './attacks/prototype-pollution.ts';
import { replay } from './attacks/replay.ts';
import { requestSmuggling } from './attacks/request-smuggling.ts';
import { tokenConfusion } from './attacks/token-confusion.ts';
import { writtenRecords } from './attacks/written-records.ts';
import { SecurityWorld } from './security-world.ts';

// One stack for all of them: it takes longer to start than the attacks do.
let world: SecurityWorld;
beforeAll(async () => {
  world = await SecurityWorld.start();
});
afterAll(() => world?.[Symbol.asyncDispose]());
const started = () => world;

tokenConfusion(started);
replay(started);
consent(started);
mixUp(started);
headerSpoofing(started);
requestSmuggling(started);
prototypePollution(started);
connections(started);
caches(started);
oracles(started);
writtenRecords(started);
exhaustion(started);
data(started);
// Last: it leaves a policy with which nobody gets many tokens.
limits(started);
