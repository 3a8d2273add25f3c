import { createSigningKeys } from '@causeway/auth';
import { EXIT_CONFIG } from '@causeway/core';
import { keyPath, optional, publicUrl, readSettings } from '@causeway/runtime';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_NO } from '../command-error.ts';

const VARIABLES = {
  portal: optional(publicUrl('PORTAL_PUBLIC_URL', { description: 'Says whether this is production.' })),
  keysDir: optional(keyPath('PORTAL_KEYS_DIR', { description: 'Folder with the portal’s signing keys.' })),
};

export const keysCreate = defineCommand({
  name: 'keys create',
  summary: 'Make the portal’s first signing keys. In production the portal does not make them itself.',
  details: ['Works on PORTAL_KEYS_DIR. Keys that are there stay as they are.'],
  options: { json: { type: 'boolean', help: 'print JSON' } },
  async run({ args, env, stdout }) {
    const { keysDir: dir } = readSettings(VARIABLES, env);
    if (dir === undefined) throw new CommandError(EXIT_CONFIG, 'PORTAL_KEYS_DIR is not set');
    if (!createSigningKeys({ dir, now: Date.now })) {
      throw new CommandError(EXIT_NO, `${dir} has keys already; \`keys rotate\` replaces them`);
    }
    stdout.write(args.options.json ? `${JSON.stringify({ dir }, null, 2)}\n` : `made the signing keys in ${dir}\n`);
    return Promise.resolve();
  },
});
