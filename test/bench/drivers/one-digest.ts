import { hash } from 'node:crypto';
import type { StartDriver } from '../src/bench-case.ts';

const SHA256_BASE64_LENGTH = 44;

/** What no cache of tokens can do without: one SHA-256 over the token. */
export const startDriver: StartDriver = async ({ subjectToken = '' }) => ({
  call: async () => hash('sha256', subjectToken, 'base64').length === SHA256_BASE64_LENGTH,
});
