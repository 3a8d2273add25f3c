import { escapeIdentifier } from 'pg';
import type { GovernedObject, Grant, GrantTarget } from './postgres-governance.ts';
import { identifiers, qualified } from './quote.ts';

export function grantObject(grant: Grant): GovernedObject {
  const name = `${grant.privilege} on ${grant.on.type} ${targetName(grant.on)} to ${grant.grantee}`;
  return {
    kind: 'grant',
    name,
    ...grant,
    statements: [`GRANT ${grantText(grant)} TO ${escapeIdentifier(grant.grantee)}`],
  };
}

export function revokeStatement(grant: Grant): string {
  return `REVOKE ${grantText(grant)} FROM ${escapeIdentifier(grant.grantee)}`;
}

function grantText({ privilege, on }: Grant): string {
  const columns = on.type === 'relation' && on.columns !== undefined ? ` (${identifiers(on.columns)})` : '';
  return `${privilege}${columns} ON ${targetText(on)}`;
}

function targetText(target: GrantTarget): string {
  switch (target.type) {
    case 'relation':
      return `TABLE ${qualified(target.schema, target.relation)}`;
    case 'schema':
      return `SCHEMA ${escapeIdentifier(target.schema)}`;
    case 'function':
      return `FUNCTION ${qualified(target.schema, target.function)}(${target.args.join(', ')})`;
    case 'server':
      return `FOREIGN SERVER ${escapeIdentifier(target.server)}`;
  }
}

function targetName(target: GrantTarget): string {
  switch (target.type) {
    case 'relation':
      return `${target.schema}.${target.relation}`;
    case 'schema':
      return target.schema;
    case 'function':
      return `${target.schema}.${target.function}`;
    case 'server':
      return target.server;
  }
}
