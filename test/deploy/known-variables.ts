import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MALLOC_ENVIRONMENT } from '@causeway/local/node-flags';

export interface KnownVariables {
  /** All that may be set, secrets by their `…_FILE` too. */
  readonly names: ReadonlySet<string>;
  /** What must not be set as it is. */
  readonly secrets: ReadonlySet<string>;
}

const PAGE = fileURLToPath(new URL('../../docs/reference/settings.md', import.meta.url));
const COMMANDS = fileURLToPath(new URL('../../packages/cli/src/commands', import.meta.url));
/** Node's own, and the C library's. */
const OF_THE_PROCESS = ['NODE_EXTRA_CA_CERTS', ...Object.keys(MALLOC_ENVIRONMENT)];

/** What the reference says that this program reads; for the command line, what its commands declare. */
export function knownVariables(program: string): KnownVariables {
  const [plain, secrets] = program === 'cli' ? ofCommands() : ofService(program);
  const files = secrets.map((name) => `${name}_FILE`);
  return { names: new Set([...OF_THE_PROCESS, ...plain, ...secrets, ...files]), secrets: new Set(secrets) };
}

type Names = readonly [plain: readonly string[], secrets: readonly string[]];

function ofService(service: string): Names {
  const sections = readFileSync(PAGE, 'utf8').split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${service}\n`));
  if (section === undefined) throw new Error(`the reference has no ${service}`);
  const rows = [...section.matchAll(/^\| `(\w+)`( or `\w+_FILE`)? /gm)];
  const named = (isSecret: boolean) =>
    rows.filter((row) => (row[2] !== undefined) === isSecret).map(([, name = '']) => name);
  return [named(false), named(true)];
}

/** The state store, and telemetry, are set once for all containers: what another program reads does no harm here. */
function ofCommands(): Names {
  const files = readdirSync(COMMANDS).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const text = files.map((file) => readFileSync(join(COMMANDS, file), 'utf8')).join('\n');
  const [plain, secrets] = ofService('audit-worker');
  const declared = (kinds: string) =>
    [...text.matchAll(new RegExp(`(?:${kinds})\\(\\s*'([A-Z_]+)'`, 'g'))].map(([, name = '']) => name);
  return [
    [...plain, ...declared('path|keyPath|publicUrl'), 'CAUSEWAY_POLICY'],
    [...secrets, ...declared('postgresUrl|secret|redisUrl')],
  ];
}
