import { EXIT_CONFIG } from '@causeway/core';
import { issuerOf } from '@causeway/local/issuers';
import type { IdpId } from '@causeway/local/people';
import { type Ports, readPorts } from '@causeway/local/ports';
import { type DemoTokens, signInAs, SignInFailure } from '@causeway/local/sign-in-as';
import { StackProblem } from '@causeway/local/stack-problem';

import { CommandError, EXIT_NO } from './command-error.ts';

const TIMEOUT_MS = 10_000;

export interface DemoSignIn {
  readonly idp: IdpId;
  readonly email: string;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/** Real tokens of a demo person, from the running stack. */
export async function demoSignIn({ idp, email, ports, signal }: DemoSignIn): Promise<DemoTokens> {
  const issuer = issuerOf(idp, `http://127.0.0.1:${ports.identityProviders}`);
  try {
    return await signInAs({ issuer, email, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  } catch (error) {
    if (!(error instanceof SignInFailure)) throw new CommandError(EXIT_NO, 'the sign-in failed', error);
    const advice = error.reason === 'unreachable' ? '; is the stack running? (npm start)' : '';
    throw new CommandError(EXIT_NO, `${error.message}${advice}`, error);
  }
}

/** Where the stack is that this environment means. */
export function demoPorts(env: Readonly<Record<string, string | undefined>>): Ports {
  try {
    return readPorts(env);
  } catch (error) {
    if (!(error instanceof StackProblem)) throw error;
    throw new CommandError(EXIT_CONFIG, [error.message, ...error.advice].join('; '), error);
  }
}
