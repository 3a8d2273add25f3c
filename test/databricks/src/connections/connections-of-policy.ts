import { readFile } from 'node:fs/promises';
import { type PolicyDocument, resolvePolicyFile } from '@causeway/policy';
import type { FindConnection } from './outside-apis.ts';

/** The policy's connections, as an administrator would have registered them. A credential that was changed holds at once. */
export function connectionsOfPolicy(policy: () => PolicyDocument): FindConnection {
  return async (name) => {
    const document = policy();
    const { connections } = document.policy;
    const found = Object.hasOwn(connections, name) ? connections[name] : undefined;
    if (found === undefined) return undefined;
    const read = async (file: string | undefined) =>
      file === undefined ? undefined : (await readFile(resolvePolicyFile(document, file), 'utf8')).trim();
    return { baseUrl: found.baseUrl, ca: await read(found.caFile), credential: await read(found.credentialFile) };
  };
}
