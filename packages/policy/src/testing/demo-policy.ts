import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The policy that the embedded stack runs with. */
const demoPolicyFile = fileURLToPath(new URL('../../../../infra/local/policy.yaml', import.meta.url));

export const demoPolicyText = () => readFileSync(demoPolicyFile, 'utf8');
