import { AppError } from '@causeway/core';
import type pg from 'pg';

/** How to connect to this URL. Off loopback the server must prove who it is. */
export function connectionOptions(url: string): pg.ClientConfig {
  const parsed = parse(url);
  // The driver lets these win over the host that is checked here.
  if (parsed.searchParams.has('host') || parsed.searchParams.has('hostaddr')) {
    throw new AppError('config_invalid', 'the database URL names its host twice');
  }
  const mode = parsed.searchParams.get('sslmode');
  if (!isLoopback(parsed.hostname)) {
    if (mode !== null && mode !== 'require' && mode !== 'verify-full') {
      throw new AppError(
        'config_invalid',
        'the database URL switches off the check of the server’s certificate (sslmode)',
      );
    }
    parsed.searchParams.set('sslmode', 'verify-full');
  }
  return { connectionString: parsed.toString() };
}

function parse(url: string): URL {
  if (URL.canParse(url)) return new URL(url);
  throw new AppError('config_invalid', 'the database URL cannot be read');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
