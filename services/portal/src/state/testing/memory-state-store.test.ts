import { MemoryStateStore } from './memory-state-store.ts';
import { describeStateStore } from './state-store-contract.ts';

const clock = { ms: 0 };

describeStateStore(
  'memory',
  () => {
    const store = new MemoryStateStore(() => clock.ms);
    return [store, store];
  },
  async (ms) => {
    clock.ms += ms;
  },
);
