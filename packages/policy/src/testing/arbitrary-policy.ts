import { SCOPES } from '@causeway/core';
import fc from 'fast-check';
import { parse } from 'yaml';
import { type Policy, policySchema } from '../schema.ts';
import { TOOLS } from '../tools.ts';
import { BASE_POLICY } from './base-policy.ts';

const ROLES = ['sales', 'chief', 'audit_only'];
const CONDITIONS = ["region = 'WEST'", "region = 'EAST'", 'all', 'rep_email = caller.email'];

const roles = fc.subarray(ROLES);
const groups = fc.subarray([...ROLES, 'staff']);
const scopes = fc.subarray([...SCOPES]);
const role = fc.record({ principal: fc.uuid(), scopes, groups: fc.constant(['staff']) });
const rows = fc.dictionary(fc.constantFrom(...ROLES, 'staff'), fc.constantFrom(...CONDITIONS));

/** Policies that differ from the base in everything that is given to somebody. All are valid. */
export const arbitraryPolicy: fc.Arbitrary<Policy> = fc
  .record({
    roles: fc.record({ sales: role, chief: role, audit_only: role }),
    tools: fc.dictionary(fc.constantFrom(...TOOLS), roles),
    precedence: fc.shuffledSubarray(ROLES),
    rows,
    otherRows: rows,
    visibleTo: groups,
    grants: groups,
    mayActFor: groups,
    agentScopes: scopes,
    agentRole: fc.constantFrom(...ROLES),
  })
  .filter(
    ({ roles: made }) =>
      new Set(Object.values(made).map(({ principal }) => principal.toLowerCase())).size === ROLES.length,
  )
  .map((made) => {
    const base = policySchema.parse(parse(BASE_POLICY));
    return policySchema.parse({
      ...base,
      roles: made.roles,
      tools: made.tools,
      precedence: made.precedence,
      data: {
        'sales.deals': {
          ...base.data['sales.deals'],
          rows: made.rows,
          masks: { margin_pct: { visibleTo: made.visibleTo } },
        },
        'docs.pages': { ...base.data['docs.pages'], rows: made.otherRows },
      },
      connections: { github: { ...base.connections['github'], grants: made.grants } },
      agents: {
        helper: { ...base.agents['helper'], role: made.agentRole, mayActFor: made.mayActFor, scopes: made.agentScopes },
      },
    });
  });
