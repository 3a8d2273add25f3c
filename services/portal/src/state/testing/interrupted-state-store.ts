import type { StateStore } from '../state-store.ts';

/** The same store, with somebody else let in before each step: so a test tries every order of two things that happen at once. */
export function interruptedStateStore(store: StateStore, before: () => Promise<void>): StateStore {
  const interrupted =
    <Given extends unknown[], Answer>(step: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      await before();
      return step(...given);
    };
  return {
    get: interrupted((key) => store.get(key)),
    set: interrupted((key, value, keeping) => store.set(key, value, keeping)),
    add: interrupted((key, value, keeping) => store.add(key, value, keeping)),
    take: interrupted((key) => store.take(key)),
    delete: interrupted((key, group) => store.delete(key, group)),
    entriesOf: interrupted((group) => store.entriesOf(group)),
    countOf: interrupted((group) => store.countOf(group)),
    deleteGroup: interrupted((group) => store.deleteGroup(group)),
  };
}
