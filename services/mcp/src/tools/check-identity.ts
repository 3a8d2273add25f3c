import { type Caller, SCOPES } from '@causeway/core';
import { TOOLS } from '@causeway/policy';
import { z } from 'zod';
import { defineTool } from '../call/define-tool.ts';

export const checkIdentity = defineTool({
  name: 'check_identity',
  title: 'Who am I',
  description:
    'Who you are to this gateway and to the data platform behind it: person, agent, role, groups, scopes, the tools that you may call, and when your token ends.',
  input: z.strictObject({}),
  output: z.object({
    pattern: z.enum(['federation', 'obo', 'm2m']),
    human: z.object({ idp: z.string(), subject: z.string(), email: z.string().nullable() }).nullable(),
    agent: z.object({ id: z.string() }).nullable(),
    principal: z.object({ id: z.string(), role: z.string().nullable(), groups: z.array(z.string()) }),
    platform: z
      .object({ current_user: z.string(), groups: z.array(z.string()) })
      .describe('What the data platform itself says of this session.'),
    scopes: z.array(z.enum(SCOPES)),
    allowed_tools: z.array(z.enum(TOOLS)),
    expires_at: z.iso.datetime(),
  }),
  scope: undefined,
  effect: 'read',
  audit: () => ({}),
  run: async (_, { caller, platform, policy }) => {
    const { currentUser, groups } = await platform.identity();
    return {
      ...describeCaller(caller),
      platform: { current_user: currentUser, groups: [...groups] },
      scopes: [...policy.scopesOf(caller)],
      allowed_tools: [...policy.toolsOf(caller)],
    };
  },
});

function describeCaller({ pattern, human, agent, principal, expiresAt }: Caller) {
  return {
    pattern,
    human: human === undefined ? null : { idp: human.idp, subject: human.subject, email: human.email ?? null },
    agent: agent === undefined ? null : { id: agent.id },
    principal: { id: principal.id, role: principal.role ?? null, groups: [...principal.groups] },
    expires_at: expiresAt.toISOString(),
  };
}
