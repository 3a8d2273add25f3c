import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { PolicyDocument } from './policy-document.ts';

/** More than any policy that would be accepted, so that a wrong file name does not fill the memory. */
const BYTES_MAX = 2 * 1024 * 1024;

/** A policy document's text. A file that is too large or is not UTF-8 cannot be read. */
export async function readPolicyFile(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(BYTES_MAX + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > BYTES_MAX) throw Object.assign(new Error(`${file} is too large`), { code: 'EFBIG' });
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** The place of a file that a policy names: relative names count from the policy document's folder. */
export function resolvePolicyFile({ file }: Pick<PolicyDocument, 'file'>, name: string): string {
  return resolve(dirname(file), name);
}
