import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

export const COMPOSE = fileURLToPath(new URL('../../infra/docker/compose.yaml', import.meta.url));
const ON_BEHALF_OF = fileURLToPath(new URL('../../infra/docker/on-behalf-of.yaml', import.meta.url));

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly volumes?: readonly {
    readonly type: 'bind' | 'volume';
    readonly source: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
  readonly networks: readonly string[] | Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly [more: string]: unknown;
}

interface ComposeNetwork {
  readonly internal?: boolean;
  readonly ipam?: { readonly config: readonly [{ readonly subnet: string; readonly ip_range: string }] };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly volumes: Readonly<Record<string, object>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** As an engine would read it: with its merges, and without what begins with `x-`. */
export function readCompose(): Compose {
  return parse(readFileSync(COMPOSE, 'utf8'), { merge: true }) as Compose;
}

/** What is put on top of it: variables of mcp, and nothing else. */
export const readOnBehalfOf = (): OnBehalfOf => onBehalfOf.parse(parse(readFileSync(ON_BEHALF_OF, 'utf8')));

export type OnBehalfOf = z.output<typeof onBehalfOf>;

const onBehalfOf = z.strictObject({
  services: z.strictObject({ mcp: z.strictObject({ environment: z.record(z.string(), z.string()) }) }),
});
