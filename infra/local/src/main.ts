import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { EXIT_CONFIG } from '@causeway/core';
import { endProcess } from '@causeway/runtime';

import { startLocalStack } from './local-stack.ts';
import { parseCommandLine, USAGE } from './parse-command-line.ts';
import { readPorts } from './ports.ts';
import { readyText } from './ready-text.ts';
import { StackProblem } from './stack-problem.ts';
import { telemetryEnvironment } from './telemetry-environment.ts';
import { watchForEnd } from './watch-for-end.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(1);

// Nothing is left to do; a connection that a client keeps open must not hold the terminal.
endProcess(await run());

async function run(): Promise<number> {
  let place: ReturnType<typeof readSettings>;
  try {
    place = readSettings();
  } catch (error) {
    return explain(error, EXIT_CONFIG);
  }
  if (place === 'help') {
    console.log(USAGE);
    return 0;
  }
  const end = watchForEnd(process);
  try {
    const stack = await startLocalStack({
      ...place,
      signal: end.asked,
      hurry: end.hurry,
      report: (line) => console.log(`  ${line}`),
    });
    console.log(readyText({ ...place, services: stack.services, seconds: seconds() }));
    const problem = await Promise.race([stack.failed, end.whenAsked]);
    if (problem !== undefined) explain(problem, 1);
    else console.log('ending (once more to hurry) …');
    await stack.stop();
    console.log('ended');
    return problem === undefined ? 0 : 1;
  } catch (error) {
    return end.asked.aborted ? 0 : explain(error, 1);
  }
}

function readSettings() {
  const { help, policy, dataDir, platform } = parseCommandLine(process.argv.slice(2));
  if (help) return 'help';
  // npm runs this in the checkout; a path that was typed is meant from where it was typed.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const policyFile = policy === undefined ? undefined : resolve(from, policy);
  if (policyFile !== undefined && !existsSync(policyFile))
    throw new StackProblem(`there is no policy ${policyFile}`, ['Give --policy a file that exists.']);
  return {
    ...(policyFile !== undefined && { policyFile }),
    dataDir: dataDir === undefined ? resolve(checkout, '.causeway') : resolve(from, dataDir),
    ports: readPorts(process.env),
    platform,
    telemetry: telemetryEnvironment(process.env),
  };
}

function explain(error: unknown, exitCode: number): number {
  console.error(error instanceof StackProblem ? error.toText() : error);
  return exitCode;
}
