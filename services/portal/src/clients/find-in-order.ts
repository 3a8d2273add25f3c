import type { FindClient } from './policy-clients.ts';

/** The first that knows the client. What the policy says stands first: nobody registers over it. */
export function findInOrder(...sources: readonly FindClient[]): FindClient {
  return async (id) => {
    for (const find of sources) {
      const client = await find(id);
      if (client !== undefined) return client;
    }
    return undefined;
  };
}
