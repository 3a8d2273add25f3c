import { twoCommands } from './requirements/1-two-commands.ts';
import { portal } from './requirements/2-portal.ts';
import { policy } from './requirements/3-policy.ts';
import { tools } from './requirements/4-tools.ts';
import { mcp } from './requirements/5-mcp.ts';
import { operation } from './requirements/6-operation.ts';
import { audit } from './requirements/7-audit.ts';

/** One promise of the contract. `source` is its section. */
export interface Requirement {
  readonly id: string;
  readonly source: string;
  readonly text: string;
}

const SECTIONS = [twoCommands, portal, policy, tools, mcp, operation, audit] as const;

type KeysOf<T> = T extends unknown ? keyof T & string : never;
export type RequirementId = KeysOf<(typeof SECTIONS)[number]>;

/** Every promise that the product makes to the outside. End-to-end tests cite the ids. */
export const REQUIREMENTS: readonly Requirement[] = SECTIONS.flatMap((section, index) =>
  Object.entries(section).map(([id, text]) => ({ id, source: `contract ${index + 1}`, text })),
);
