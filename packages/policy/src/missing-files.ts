import type { PolicyDocument } from './policy-document.ts';
import { policySchema } from './schema.ts';
import { marked } from './schema-tree.ts';
import { formatPath, type Problem } from './problem.ts';

/** Warnings for files that the policy names and that are not there. A policy may be checked where its secrets are not. */
export function missingFiles(document: PolicyDocument, exists: (file: string) => boolean): Problem[] {
  return [...marked(document.policy, policySchema, 'file')]
    .map(({ path, value }) => ({ path, file: String(value) }))
    .filter(({ file }) => !exists(file))
    .map(({ path, file }) => ({
      ...document.locate(path),
      severity: 'warning',
      file: document.file,
      path: formatPath(path),
      message: `there is no file ${file}, counted from the folder of the policy`,
    }));
}
