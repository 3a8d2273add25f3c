import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppError, type Secret } from '@causeway/core';

/** The keys of conversation handles by id. The first one seals, all of them open. */
export type HandleKeys = ReadonlyMap<string, KeyObject>;

const LINE = /^([\w-]{1,16}):([\w-]{43})$/;

/** `id:key` on each line, the newest first; a key is 32 bytes in base64url. Throws `config_invalid`, quoting nothing. */
export function parseHandleKeys(secret: Secret): HandleKeys {
  const lines = secret
    .reveal()
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const keys = new Map(
    lines.map((line) => {
      const [, id = '', key = ''] = LINE.exec(line) ?? [];
      if (id === '')
        throw new AppError('config_invalid', 'HANDLE_KEY: a line is not id:key, with 32 bytes in base64url');
      return [id, createSecretKey(key, 'base64url')] as const;
    }),
  );
  if (keys.size === 0 || keys.size < lines.length)
    throw new AppError('config_invalid', 'HANDLE_KEY: ids are missing or doubled');
  return keys;
}
