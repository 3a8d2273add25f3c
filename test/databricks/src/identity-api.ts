import { json } from './http/answer.ts';
import type { Route } from './http/route.ts';

/** SCIM's `Me`: the user name is the e-mail, or the application id of a service principal. */
export const identityRoutes: readonly Route[] = [
  {
    on: 'GET /api/2.0/preview/scim/v2/Me',
    scope: ['iam.current-user:read', 'scim', 'identity', 'sql'],
    handle: (_, { name, caller }) =>
      json({
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: name,
        active: true,
        groups: (caller?.principal.groups ?? []).map((display) => ({ display, value: display, type: 'direct' })),
      }),
  },
];
