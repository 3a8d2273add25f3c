import { EXIT_CONFIG } from '@causeway/core';
import { issuerOf } from '@causeway/local/issuers';
import { IDP_IDS, type IdpId } from '@causeway/local/people';
import { readPorts } from '@causeway/local/ports';
import { signInAs, SignInFailure } from '@causeway/local/sign-in-as';
import { StackProblem } from '@causeway/local/stack-problem';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';
import { nearestName } from '../nearest-name.ts';
import { refuseProduction } from '../refuse-production.ts';

const TIMEOUT_MS = 10_000;

export const devToken = defineCommand({
  name: 'dev token',
  summary: 'Print a real signed token of a demo person, and nothing else.',
  details: ['Signs in at the running identity provider as a browser would. The stack must be running: npm start.'],
  options: {
    idp: { type: 'string', value: 'ID', required: true, help: IDP_IDS.join(', ') },
    user: { type: 'string', value: 'EMAIL', required: true, help: 'the e-mail address of the demo person' },
    'id-token': { type: 'boolean', help: 'the ID token instead of the access token' },
  },
  async run({ args: { options }, env, stdout, signal }) {
    refuseProduction(env);
    const issuer = issuerOf(parseIdp(options.idp), `http://127.0.0.1:${portOf(env)}`);
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const { accessToken, idToken } = await signInAs({ issuer, email: options.user, signal: bounded });
      stdout.write(`${options['id-token'] ? idToken : accessToken}\n`);
    } catch (error) {
      throw explain(error);
    }
  },
});

function parseIdp(typed: string): IdpId {
  const found = IDP_IDS.find((id) => id === typed);
  if (found !== undefined) return found;
  const nearest = nearestName(typed, IDP_IDS);
  const advice = nearest === undefined ? `there are ${IDP_IDS.join(', ')}` : `did you mean ${nearest}?`;
  throw new CommandError(EXIT_USAGE, `there is no identity provider ${JSON.stringify(typed)}; ${advice}`);
}

function portOf(env: Readonly<Record<string, string | undefined>>): number {
  try {
    return readPorts(env).identityProviders;
  } catch (error) {
    if (!(error instanceof StackProblem)) throw error;
    throw new CommandError(EXIT_CONFIG, [error.message, ...error.advice].join('; '), error);
  }
}

function explain(error: unknown): CommandError {
  if (!(error instanceof SignInFailure)) return new CommandError(EXIT_NO, 'the sign-in failed', error);
  const advice = error.reason === 'unreachable' ? '; is the stack running? (npm start)' : '';
  return new CommandError(EXIT_NO, `${error.message}${advice}`, error);
}
