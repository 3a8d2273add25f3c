import { createPolicyReader } from './policy-reader.ts';
import { PolicyStore, type PolicyStoreDeps } from './policy-store.ts';

/** The store over the real file, clock and timer. Call `start` on it when the process is ready to hear of changes. */
export function openPolicyStore(deps: Omit<PolicyStoreDeps, 'read' | 'now' | 'after'>): Promise<PolicyStore> {
  return PolicyStore.open({ ...deps, read: createPolicyReader(), now: () => new Date(), after });
}

function after(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs);
  // Looking at a file is no reason for a process to stay.
  timer.unref();
  return () => clearTimeout(timer);
}
