import type { Caller } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import type { Deal } from '../sample/deals.ts';
import type { Document } from '../sample/documents.ts';
import type { Platform } from '../platform.ts';

/** What the contract suite is run against: a platform, who uses it, and what is in it. */
export interface ContractWorld {
  readonly platform: Platform;
  readonly people: readonly ContractPerson[];
  readonly deals: ContractRelation<Deal>;
  /** A relation whose rows are restricted by audience. */
  readonly documents: ContractRelation<Document>;
  /** Connections and tools that are granted as objects of the engine, and the groups that have them. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  stop(): Promise<void>;
}

/** A governed relation under whatever names it has, and every row that is really in it. */
interface ContractRelation<Row> {
  /** As SQL writes it. */
  readonly relation: string;
  /** The table behind it, which nobody may read. */
  readonly base: string;
  readonly column: Readonly<Record<Extract<keyof Row, string>, string>>;
  readonly rows: readonly Row[];
}

export interface ContractPerson {
  readonly name: string;
  readonly caller: Caller;
  readonly group: string;
  readonly seesDeal: (deal: Deal) => boolean;
  readonly seesMargin: boolean;
  readonly seesDocument: (document: Document) => boolean;
}

/** Written out by hand from the contract's matrix, not read from the policy: the suite must not believe what it tests. */
const MATRIX = [
  ['west_sales', (deal: Deal) => deal.region === 'WEST', false, ['everyone']],
  ['east_sales', (deal: Deal) => deal.region === 'EAST', false, ['everyone']],
  ['managers', () => true, false, ['everyone', 'managers']],
  ['executive', () => true, true, ['everyone', 'managers', 'finance', 'executive']],
  ['finance', () => true, true, ['everyone', 'managers', 'finance']],
  ['admin', () => true, true, ['everyone', 'managers', 'finance', 'executive']],
] as const;

const HUMANS = [
  ['olivia@causeway.example', 'finance'],
  ['omar@causeway.example', 'west_sales'],
] as const;

/** One partner person for each of the six roles, and the two internal people. */
export function contractPeople(policy: Policy): readonly ContractPerson[] {
  const roles = MATRIX.map(([group, seesDeal, seesMargin, audiences]) => ({
    name: group as string,
    group: group as string,
    caller: partner(group, policy.roles[group]?.principal ?? ''),
    seesDeal,
    seesMargin,
    seesDocument: ({ audience }: Document) => (audiences as readonly string[]).includes(audience),
  }));
  const humans = HUMANS.flatMap(([email, group]) => {
    const like = roles.find((role) => role.group === group);
    return like === undefined ? [] : [{ ...like, name: email, caller: internal(email) }];
  });
  return [...roles, ...humans];
}

export function partner(role: string, principal: string): Caller {
  const human = {
    issuer: 'https://idp.example/',
    subject: `s-${role}`,
    email: `${role}@partner.example`,
    idp: 'partner',
  };
  return { ...COMMON, pattern: 'federation', human, principal: { id: principal, role, groups: [role] } };
}

export function internal(email: string | undefined): Caller {
  const human = { issuer: 'https://workspace.example/', subject: `s-${email}`, email, idp: 'workspace' };
  return { ...COMMON, pattern: 'obo', human, principal: { id: email ?? 'unknown', role: undefined, groups: [] } };
}

const COMMON = { agent: undefined, scopes: ['sql'], expiresAt: new Date(8_640_000_000_000), tokenId: 't' } as const;

/** What opens a connection or a tool that reads no table, and the groups that have it. */
export const CONTRACT_GRANTS: Readonly<Record<string, readonly string[]>> = {
  [`has_server_privilege('github', 'USAGE')`]: ['executive', 'admin'],
  [`has_server_privilege('orders', 'USAGE')`]: ['executive', 'admin'],
  [`has_function_privilege('causeway.ask_supervisor()', 'EXECUTE')`]: ['executive', 'admin'],
  [`has_function_privilege('causeway.genie_query()', 'EXECUTE')`]: [
    'west_sales',
    'east_sales',
    'managers',
    'executive',
    'finance',
    'admin',
  ],
};
