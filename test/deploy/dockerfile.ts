import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DockerfileParser, type Instruction, JSONInstruction, PropertyInstruction } from 'dockerfile-ast';

export const DOCKERFILE = fileURLToPath(new URL('../../infra/docker/Dockerfile', import.meta.url));

/** What an engine reads from one target, with what it takes over from the targets that it builds on. */
export interface Image {
  readonly base: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly health: readonly string[] | undefined;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly copies: readonly { readonly from: string; readonly to: string }[];
}

const NOTHING: Omit<Image, 'base'> = {
  env: {},
  labels: {},
  entrypoint: [],
  command: [],
  health: undefined,
  user: undefined,
  stopSignal: undefined,
  ports: [],
  volumes: [],
  copies: [],
};

export function instructions(): Instruction[] {
  return DockerfileParser.parse(readFileSync(DOCKERFILE, 'utf8')).getInstructions();
}

/** Every target by name, the stages before them included. */
export function readImages(): ReadonlyMap<string, Image> {
  const images = new Map<string, Image>();
  let name = '';
  for (const instruction of instructions()) {
    const words = instruction.getArguments().map((argument) => argument.getValue());
    if (instruction.getKeyword() === 'FROM') {
      const [base = '', , as = ''] = words;
      name = as;
      images.set(name, { ...NOTHING, ...images.get(base), base });
    } else if (name !== '') {
      const image = images.get(name);
      if (image !== undefined) images.set(name, { ...image, ...changeOf(instruction, image, words) });
    }
  }
  return images;
}

type Change = (instruction: Instruction, image: Image, words: readonly string[]) => Partial<Image>;

const CHANGES: Readonly<Record<string, Change>> = {
  ENV: (instruction, { env }) => ({ env: { ...env, ...propertiesOf(instruction) } }),
  LABEL: (instruction, { labels }) => ({ labels: { ...labels, ...propertiesOf(instruction) } }),
  ENTRYPOINT: (instruction) => ({ entrypoint: jsonOf(instruction) }),
  CMD: (instruction) => ({ command: jsonOf(instruction) }),
  HEALTHCHECK: (instruction) => ({ health: healthOf(instruction) }),
  VOLUME: (instruction, { volumes }) => ({ volumes: [...volumes, ...jsonOf(instruction)] }),
  USER: (_instruction, _image, [user]) => ({ user }),
  STOPSIGNAL: (_instruction, _image, [stopSignal]) => ({ stopSignal }),
  EXPOSE: (_instruction, { ports }, words) => ({ ports: [...ports, ...words] }),
  COPY: (_instruction, { copies }, [from = '', to = '']) => ({ copies: [...copies, { from, to }] }),
};

const changeOf: Change = (instruction, image, words) =>
  CHANGES[instruction.getKeyword()]?.(instruction, image, words) ?? {};

function propertiesOf(instruction: Instruction): Record<string, string> {
  if (!(instruction instanceof PropertyInstruction)) throw new Error('has no properties');
  return Object.fromEntries(instruction.getProperties().map((one) => [one.getName(), one.getValue() ?? '']));
}

/** The form with brackets only: the other one needs a shell, and there is none. */
function jsonOf(instruction: Instruction): string[] {
  if (!(instruction instanceof JSONInstruction)) throw new Error(`${instruction.getKeyword()} is not in JSON`);
  const strings = instruction.getJSONStrings().map((text) => text.getJSONValue());
  if (strings.length === 0) throw new Error(`${instruction.getKeyword()} needs a shell`);
  return strings;
}

function healthOf(instruction: Instruction): string[] {
  const [, json = ''] = /CMD\s+(\[.*\])\s*$/s.exec(instruction.getRawArgumentsContent() ?? '') ?? [];
  return JSON.parse(json) as string[];
}
