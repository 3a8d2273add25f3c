import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import type { GrantRequest } from './grant.ts';

type Parameters = GrantRequest['parameters'];

/** RFC 6749 §3.2: a parameter without a value counts as left out. */
export function optionalParameter(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  if (typeof value === 'object') throw new OAuthRefusal('invalid_request', `"${name}" was sent more than once`);
  return value === '' ? undefined : value;
}

export function requiredParameter(parameters: Parameters, name: string): string {
  const value = optionalParameter(parameters, name);
  if (value === undefined) throw new OAuthRefusal('invalid_request', `"${name}" is missing`);
  return value;
}
