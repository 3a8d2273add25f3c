import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Compose } from './compose.ts';
import type { Image } from './dockerfile.ts';

/** What stands in the files, and what stands for it here. */
export type Substitutions = readonly (readonly [written: string, here: string])[];

export interface ContainerPlan {
  readonly image: Image;
  readonly service: Compose['services'][string];
  /** Of the service, when it is not that of the image. */
  readonly command?: readonly string[];
  readonly substitutions: Substitutions;
  /** What Compose would take from `.env`. */
  readonly interpolations: Readonly<Record<string, string>>;
  /** What the engine gives, and no file says. */
  readonly engine: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly uid: number | undefined;
}

export interface Container {
  readonly output: () => string;
  readonly isRunning: () => boolean;
  /** What a stop of the engine sends, and the code with which the process ends. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

/** Starts what the image would start: its entry point, its variables and those of the compose file, and nothing of this process. */
export function startContainer(plan: ContainerPlan): Container {
  const { image, command = image.command, substitutions, cwd, uid } = plan;
  const here = (text: string) => substitute(text, substitutions);
  const [program = '', ...args] = [...image.entrypoint, ...command].map(here);
  const child = spawn(program, args, {
    cwd,
    env: { ...environmentOf(plan), ...plan.engine },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return watched(child);
}

function environmentOf(plan: Pick<ContainerPlan, 'image' | 'service' | 'interpolations' | 'substitutions'>) {
  const all = { ...plan.image.env, ...plan.service.environment };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      name,
      substitute(interpolate(value, plan.interpolations), plan.substitutions),
    ]),
  );
}

/** `${NAME:-default}` and `${NAME:?message}`, which are all that the file uses. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [whole, name = '', kind, rest] of text.matchAll(/\$\{(\w+):([-?])([^}]*)\}/g)) {
    const value = values[name] ?? (kind === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name}: ${rest}`);
    result = result.replace(whole, value);
  }
  return result;
}

export const substitute = (text: string, substitutions: Substitutions): string =>
  substitutions.reduce((all, [written, here]) => all.replaceAll(written, here), text);

function watched(child: ChildProcess): Container {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += String(text)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    ended,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
