import { AppError } from '@causeway/core';
import { readSecretFile } from './read-secret-file.ts';
import { isLoopbackUrl } from './url.ts';
import type { Deployment, Provenance, Variable } from './variable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Variables = Readonly<Record<string, Variable<unknown>>>;
export type Settings<V extends Variables> = { readonly [K in keyof V]: V[K] extends Variable<infer T> ? T : never } & {
  readonly deployment: Deployment;
};

export interface SettingProblem {
  readonly variable: string;
  /** Follows the variable's name. Never a value. */
  readonly problem: string;
}

/** What must hold between variables. It sees the ones that were right, so that it can speak in the same run. */
export type SettingRule<V extends Variables> = (settings: Partial<Settings<V>>) => readonly SettingProblem[];

/**
 * Turns the environment into typed settings, or throws `config_invalid` with every problem at once. Unknown variables are
 * ignored, because environments are shared; an empty variable counts as not set.
 */
export function readSettings<V extends Variables>(
  variables: V,
  environment: Environment,
  rule: SettingRule<V> = () => [],
): Settings<V> {
  const deployment = deploymentOf(variables, environment);
  const problems: SettingProblem[] = [];
  const settings: Record<string, unknown> = { deployment };
  for (const [key, variable] of Object.entries(variables)) {
    const result = readVariable(variable, environment, deployment);
    if ('value' in result) settings[key] = result.value;
    else problems.push(result);
  }
  problems.push(...rule(settings as Partial<Settings<V>>));
  if (problems.length > 0) throw new AppError('config_invalid', wordProblems(problems));
  return settings as Settings<V>;
}

function wordProblems(problems: readonly SettingProblem[]): string {
  const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
  return [`The settings are not valid (${problems.length}):`, ...lines].join('\n');
}

/** Local as long as every public URL that was given is loopback; one that cannot be read does not make anything local. */
function deploymentOf(variables: Variables, environment: Environment): Deployment {
  const publicUrls = Object.values(variables).filter((variable) => variable.isPublicUrl === true);
  // Without one, a process could be put anywhere and would still believe that it is on a developer's machine.
  if (publicUrls.length === 0) throw new TypeError('settings must declare at least one publicUrl()');
  const given = publicUrls.filter((variable) => isSet(environment[variable.name]));
  const local = given.every((variable) => {
    const parsed = variable.schema.safeParse(environment[variable.name]);
    return parsed.success && isLoopbackUrl(String(parsed.data));
  });
  return local ? 'local' : 'production';
}

const isSet = (text: string | undefined): text is string => text !== undefined && text !== '';

type Written = { readonly text: string | undefined; readonly name: string; readonly source: Provenance['source'] };

function readVariable(
  variable: Variable<unknown>,
  environment: Environment,
  deployment: Deployment,
): { readonly value: unknown } | SettingProblem {
  const written = findText(variable, environment, deployment);
  if ('problem' in written) return written;
  if (written.text === undefined) {
    return variable.required ? missing(variable, deployment) : { value: undefined };
  }
  const parsed = variable.schema.safeParse(written.text);
  if (!parsed.success) return { variable: written.name, problem: `must be ${variable.expects}` };
  const refusal = variable.refuse?.(parsed.data, { deployment, source: written.source });
  return refusal === undefined ? { value: parsed.data } : { variable: written.name, problem: refusal };
}

function missing(variable: Variable<unknown>, deployment: Deployment): SettingProblem {
  const why = deployment === 'production' && variable.localDefault !== undefined;
  const file = variable.isSecret === true ? ` (or ${variable.name}_FILE)` : '';
  return {
    variable: variable.name,
    problem: `is not set${file}${why ? '; its default is for a local process only' : ''}`,
  };
}

function findText(
  variable: Variable<unknown>,
  environment: Environment,
  deployment: Deployment,
): Written | SettingProblem {
  const { name } = variable;
  const plain = environment[name];
  const path = variable.isSecret === true ? environment[`${name}_FILE`] : undefined;
  if (isSet(plain) && isSet(path)) return { variable: name, problem: `and ${name}_FILE are both set` };
  if (isSet(path)) {
    const file = readSecretFile(path, deployment);
    const fileName = `${name}_FILE`;
    if ('problem' in file) return { variable: fileName, problem: file.problem };
    return { text: file.content, name: fileName, source: 'file' };
  }
  if (isSet(plain)) return { text: plain, name, source: 'plain' };
  const fallback = variable.default ?? (deployment === 'local' ? variable.localDefault : undefined);
  return { text: fallback, name, source: 'default' };
}
