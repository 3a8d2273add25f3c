import { resolve } from 'node:path';

import { rotateSigningKeys } from '@causeway/auth';
import { EXIT_CONFIG } from '@causeway/core';
import { keyPath, optional, publicUrl, readSettings } from '@causeway/runtime';

import { defineCommand } from '../command.ts';
import { CommandError } from '../command-error.ts';

const VARIABLES = {
  portal: optional(publicUrl('PORTAL_PUBLIC_URL', { description: 'Says whether this is production.' })),
  keysDir: optional(keyPath('PORTAL_KEYS_DIR', { description: 'Folder with the portal’s signing keys.' })),
};

export const keysRotate = defineCommand({
  name: 'keys rotate',
  summary: 'Let the portal’s next signing key take over. No token is refused meanwhile.',
  details: ['Works on PORTAL_KEYS_DIR, or on the embedded stack’s keys. Every replica sees it within a second.'],
  options: { json: { type: 'boolean', help: 'print JSON' } },
  async run({ args, cwd, env, stdout }) {
    const { keysDir, deployment } = readSettings(VARIABLES, env);
    if (keysDir === undefined && deployment === 'production') {
      throw new CommandError(EXIT_CONFIG, 'PORTAL_KEYS_DIR is not set');
    }
    const { kid, signsFrom } = rotateSigningKeys({
      dir: keysDir ?? resolve(cwd, '.causeway/portal'),
      now: Date.now,
    });
    const at = signsFrom.toISOString();
    stdout.write(
      args.options.json ? `${JSON.stringify({ kid, signs_from: at }, null, 2)}\n` : `${kid} signs from ${at}\n`,
    );
    return Promise.resolve();
  },
});
