import { AppError } from '@causeway/core';
import { readPolicyFile } from '@causeway/policy';
import { parseSemanticModel } from './parse-semantic-model.ts';
import type { SemanticModel } from './semantic-model.ts';

/** The semantic model in this file. A file that cannot be read is a fault of the configuration, like one that is wrong. */
export async function loadSemanticModel(file: string): Promise<SemanticModel> {
  const text = await readPolicyFile(file).catch((error: unknown) => {
    throw new AppError('config_invalid', `the semantic model ${file} cannot be read`, { cause: error });
  });
  return parseSemanticModel(text, file);
}
