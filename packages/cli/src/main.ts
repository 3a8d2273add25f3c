#!/usr/bin/env node
import packageJson from '../package.json' with { type: 'json' };
import { COMMANDS } from './commands/index.ts';
import { runCli } from './run-cli.ts';

// `causeway … | head`: the reader has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const leave = new AbortController();
process.once('SIGINT', () => leave.abort());
process.once('SIGTERM', () => leave.abort());

process.exitCode = await runCli(process.argv.slice(2), COMMANDS, {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: leave.signal,
  version: packageJson.version,
});
