import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { CHECKOUT } from './command.ts';

export const SERVICES = ['portal', 'mcp', 'audit-worker'] as const;

export const DEMO_POLICY = join(CHECKOUT, 'infra/local/policy.yaml');

export type ServiceName = (typeof SERVICES)[number];

export const entryOf = (service: ServiceName): string => join(CHECKOUT, 'services', service, 'src/main.ts');

const ENDS_WITHIN_MS = 60_000;

/** A service in this environment and no other, until it ends. One that does not end is killed, and has no exit code. */
export function runService(
  service: ServiceName,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly exitCode: number | undefined; readonly stderr: string }> {
  return new Promise((resolve) => {
    const options = { env, timeout: ENDS_WITHIN_MS, killSignal: 'SIGKILL' } as const;
    const child = execFile(process.execPath, [entryOf(service)], options, (_error, _stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? undefined, stderr }),
    );
  });
}
