import type { ServerResponse } from 'node:http';
import type { Attempt } from '../attempt/attempt.ts';

const attempts = Symbol('attempt');

type Carrier = ServerResponse & { [attempts]?: Attempt };

/** The request's attempt travels with its response, because the authorization server has no other way to hand it on. */
export function carryAttempt(response: ServerResponse, attempt: Attempt): void {
  (response as Carrier)[attempts] = attempt;
}

export const attemptOf = (response: ServerResponse): Attempt | undefined => (response as Carrier)[attempts];
