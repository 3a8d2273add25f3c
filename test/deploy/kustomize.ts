import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const KUBERNETES = fileURLToPath(new URL('../../infra/kubernetes', import.meta.url));

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  // What else a manifest has depends on its kind.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [more: string]: any;
}

/** The part of kustomize that our files use. Anything else in them is an error here, so that nothing is passed over. */
const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string(),
  resources: z.array(z.string()).default([]),
  images: z.array(z.strictObject({ name: z.string(), newTag: z.string() })).default([]),
  patches: z
    .array(z.strictObject({ target: z.strictObject({ kind: z.string(), name: z.string() }), patch: z.string() }))
    .default([]),
  generatorOptions: z.strictObject({ disableNameSuffixHash: z.literal(true) }).optional(),
  configMapGenerator: z.array(z.strictObject({ name: z.string(), files: z.array(z.string()) })).default([]),
});

type Kustomization = z.infer<typeof kustomization>;

const operation = z.strictObject({
  op: z.enum(['add', 'replace', 'remove', 'test']),
  path: z.string().startsWith('/'),
  value: z.unknown().optional(),
});

export function readKustomization(folder: string): Kustomization {
  return kustomization.parse(parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')));
}

/** What `kubectl apply -k` would send, in no order. */
export function build(folder: string): Manifest[] {
  const { resources, images, patches, namespace, configMapGenerator } = readKustomization(folder);
  const manifests = resources.flatMap((resource) => read(resolve(folder, resource)));
  for (const { name, files } of configMapGenerator) manifests.push(configMap(folder, name, files));
  for (const { target, patch } of patches) {
    const [found, ...more] = manifests.filter(
      ({ kind, metadata }) => kind === target.kind && metadata.name === target.name,
    );
    if (found === undefined || more.length > 0) throw new Error(`${folder}: ${target.kind} ${target.name} is not one`);
    for (const { op, path, value } of z.array(operation).parse(parse(patch))) apply(found, { op, path, value });
  }
  for (const manifest of manifests) {
    for (const container of containersOf(manifest)) tag(container, images);
    if (manifest.kind !== 'Namespace') Object.assign(manifest.metadata, { namespace });
  }
  return manifests;
}

function read(path: string): Manifest[] {
  if (statSync(path).isDirectory()) return build(path);
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Manifest);
}

const configMap = (folder: string, name: string, files: readonly string[]): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(folder, file), 'utf8')])),
});

/** RFC 6902: what is not added must be there, and a test must hold. */
function apply(manifest: Manifest, { op, path, value }: z.infer<typeof operation>): void {
  const keys = path.slice(1).split('/');
  const last = keys.pop() ?? '';
  let place: Record<string, unknown> = manifest;
  for (const key of keys) place = place[key] as Record<string, unknown>;
  const what = `${manifest.kind} ${manifest.metadata.name}`;
  if (op === 'add') add(place, last, { value, where: `${what} has ${path} already` });
  else if (!(last in place)) throw new Error(`${what} has no ${path}`);
  else if (op === 'remove') delete place[last];
  else if (op === 'replace') place[last] = value;
  else if (place[last] !== value) throw new Error(`${what}: ${path} is not ${String(value)}`);
}

/** Nothing is replaced by the way. */
function add(place: Record<string, unknown>, key: string, { value, where }: { value: unknown; where: string }): void {
  if (Array.isArray(place) && key === '-') place.push(value);
  else if (key in place) throw new Error(where);
  else place[key] = value;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly [more: string]: unknown;
}

interface PodTemplate {
  readonly template: { readonly spec: Record<string, unknown> };
}

/** Of whatever runs pods. */
export function podOf({ kind, spec }: Manifest): Record<string, unknown> | undefined {
  if (kind === 'CronJob') return (spec as { jobTemplate: { spec: PodTemplate } }).jobTemplate.spec.template.spec;
  const runsPods = ['StatefulSet', 'Deployment', 'DaemonSet', 'Job'].includes(kind);
  return runsPods ? (spec as PodTemplate).template.spec : undefined;
}

export function containersOf(manifest: Manifest): Container[] {
  const pod = podOf(manifest);
  if (pod === undefined) return [];
  return [...((pod['initContainers'] ?? []) as Container[]), ...(pod['containers'] as Container[])];
}

function tag(container: Container, images: Kustomization['images']): void {
  const found = images.find(({ name }) => name === container.image);
  if (found !== undefined) Object.assign(container, { image: `${found.name}:${found.newTag}` });
}
