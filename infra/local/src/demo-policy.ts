import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PORT_NAMES, type Ports, readPorts } from './ports.ts';
import { writePrivateFile } from './write-private-file.ts';

const STANDARD_POLICY = fileURLToPath(new URL('../policy.yaml', import.meta.url));
const STANDARD_FOLDER = '../../.causeway';

/**
 * The demo policy for a stack. It names addresses and files, so a stack with other ports or another data folder runs on a
 * copy of its own, made anew at each start, in which those and nothing else differ.
 */
export function demoPolicy({ dataDir, ports }: { readonly dataDir: string; readonly ports: Ports }): string {
  const standardPorts = readPorts({});
  const isStandard = PORT_NAMES.every((name) => ports[name] === standardPorts[name]);
  if (isStandard && dataDir === resolve(STANDARD_POLICY, '..', STANDARD_FOLDER)) return STANDARD_POLICY;
  const portsByNumber = new Map(PORT_NAMES.map((name) => [String(standardPorts[name]), ports[name]]));
  const text = readFileSync(STANDARD_POLICY, 'utf8')
    .replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(portsByNumber.get(port) ?? port))
    .replaceAll(`${STANDARD_FOLDER}/`, '')
    .replace(/(?<=^semanticModel: ).*$/m, (name) => resolve(STANDARD_POLICY, '..', name));
  const file = join(dataDir, 'policy.yaml');
  writePrivateFile(file, text);
  return file;
}
