import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Service } from 'kubernetes-models/v1';
import { describe, expect, test } from 'vitest';
import { readCompose } from './compose.ts';
import { readImages } from './dockerfile.ts';
import { knownVariables } from './known-variables.ts';
import {
  build,
  type Container,
  containersOf,
  KUBERNETES,
  type Manifest,
  podOf,
  readKustomization,
} from './kustomize.ts';

const DATABRICKS = 'overlays/databricks';
const FOLDERS = ['overlays/production', 'overlays/small', 'overlays/on-behalf-of', DATABRICKS, 'db-apply'] as const;
const BUILT = new Map<string, Manifest[]>(FOLDERS.map((folder) => [folder, build(join(KUBERNETES, folder))]));
const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
const production = BUILT.get('overlays/production') ?? [];
const all = [...BUILT].flatMap(([folder, manifests]) =>
  manifests.map((manifest) => [`${folder}: ${nameOf(manifest)}`, manifest] as const),
);
const running = all.filter(([, manifest]) => podOf(manifest) !== undefined);
const containers = running.flatMap(([name, manifest]) =>
  containersOf(manifest).map((container) => [name, container, manifest] as const),
);
const find = (kind: string, name: string) =>
  production.find((one) => one.kind === kind && one.metadata.name === name) as Manifest;
const programOf = ({ image }: Container) => /^causeway\/([\w-]+):/.exec(image)?.[1] ?? '';
const images = readImages();

/** How `kubernetes-models` names what a manifest says it is. */
const MODELS: Readonly<Record<string, readonly [module: string, model: new (data: never) => { validate(): void }]>> = {
  'apps/v1 StatefulSet': ['kubernetes-models/apps/v1', StatefulSet],
  'autoscaling/v2 HorizontalPodAutoscaler': ['kubernetes-models/autoscaling/v2', HorizontalPodAutoscaler],
  'batch/v1 CronJob': ['kubernetes-models/batch/v1', CronJob],
  'batch/v1 Job': ['kubernetes-models/batch/v1', Job],
  'networking.k8s.io/v1 Ingress': ['kubernetes-models/networking.k8s.io/v1', Ingress],
  'networking.k8s.io/v1 NetworkPolicy': ['kubernetes-models/networking.k8s.io/v1', NetworkPolicy],
  'policy/v1 PodDisruptionBudget': ['kubernetes-models/policy/v1', PodDisruptionBudget],
  'v1 ConfigMap': ['kubernetes-models/v1', ConfigMap],
  'v1 Namespace': ['kubernetes-models/v1', Namespace],
  'v1 Service': ['kubernetes-models/v1', Service],
};

function modelOf({ apiVersion, kind }: Manifest) {
  const found = MODELS[`${apiVersion} ${kind}`];
  if (found === undefined) throw new Error(`no model of ${apiVersion} ${kind}`);
  return found;
}

describe('against the schemas of Kubernetes', () => {
  test.each(all)('%s is valid', (_name, manifest) => {
    const [, Model] = modelOf(manifest);
    new Model(manifest as never).validate();
    expect(() => new Model({ ...manifest, metadata: { name: 7 } } as never).validate()).toThrow(/must be/);
  });

  test('no field is one that Kubernetes does not know', () => {
    // The validators take unknown fields, the types do not: so the compiler reads the manifests as literals.
    const dir = mkdtempSync(join(tmpdir(), 'causeway-manifests-'));
    try {
      symlinkSync(join(import.meta.dirname, 'node_modules'), join(dir, 'node_modules'));
      writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
      expect(typeCheck(dir, all)).toBe('');
      const [name, manifest] = all.find(([, { kind }]) => kind === 'StatefulSet') ?? [];
      const spec = { ...manifest?.['spec'], replikas: 2 } as object;
      expect(typeCheck(dir, [[String(name), { ...manifest, spec } as Manifest]])).toContain('replikas');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

function typeCheck(dir: string, manifests: readonly (readonly [string, Manifest])[]): string {
  const lines = manifests.map(([name, manifest], at) => {
    const [module] = modelOf(manifest);
    const type = `import('${module}').I${manifest.kind}`;
    return `// ${name}\nexport const m${at}: ${type} = ${JSON.stringify(manifest)};`;
  });
  writeFileSync(join(dir, 'manifests.ts'), lines.join('\n'));
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024', '--types', ''];
  return spawnSync(process.execPath, [compiler, ...flags, 'manifests.ts'], { cwd: dir, encoding: 'utf8' }).stdout;
}

describe('the folders', () => {
  test('list every file that is in them', () => {
    for (const folder of ['base', 'policy', ...FOLDERS]) {
      const { resources, configMapGenerator } = readKustomization(join(KUBERNETES, folder));
      const listed = [...resources, ...configMapGenerator.flatMap(({ files }) => files), 'kustomization.yaml'];
      const there = readdirSync(join(KUBERNETES, folder));
      expect([folder, there.filter((file) => !listed.includes(file))]).toEqual([folder, []]);
    }
  });

  test('have each thing once, in one namespace', () => {
    for (const [folder, manifests] of BUILT) {
      const names = manifests.map(nameOf);
      expect([folder, names.filter((name, at) => names.indexOf(name) !== at)]).toEqual([folder, []]);
      const spaces = new Set(manifests.filter(({ kind }) => kind !== 'Namespace').map((one) => one.metadata.namespace));
      expect([...spaces]).toEqual(['causeway']);
    }
  });

  test('say one version of all images, which is that of the compose file', () => {
    const tags = new Set(containers.map(([, { image }]) => image.replace(/^.*:/, '')));
    const composed = /IMAGE_TAG:-([\d.]+)/.exec(readCompose().services['mcp']?.image ?? '')?.[1];
    expect([...tags]).toEqual([composed]);
  });

  test('a patch of something that is not there is an error', () => {
    const dir = mkdtempSync(join(tmpdir(), 'causeway-overlay-'));
    const write = (patches: string) =>
      writeFileSync(
        join(dir, 'kustomization.yaml'),
        `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: x\nresources: [${join(KUBERNETES, 'base')}]\n${patches}`,
      );
    try {
      write("patches: [{ target: { kind: Ingress, name: other }, patch: '[]' }]");
      expect(() => build(dir)).toThrow('Ingress other is not one');
      write("patches: [{ target: { kind: Ingress, name: causeway }, patch: '[{ op: remove, path: /spec/no }]' }]");
      expect(() => build(dir)).toThrow('has no /spec/no');
      const version = (op: string) =>
        `patches: [{ target: { kind: Ingress, name: causeway }, patch: '[{ op: ${op}, path: /kind, value: Other }]' }]`;
      write(version('test'));
      expect(() => build(dir)).toThrow('/kind is not Other');
      write(version('add'));
      expect(() => build(dir)).toThrow('has /kind already');
      write('commonLabels: { a: b }');
      expect(() => build(dir)).toThrow('commonLabels');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('every container', () => {
  test.each(containers)('of %s has no rights, no writable root and no endless appetite', (_name, container) => {
    expect(container['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const amounts = { cpu: expect.any(String), memory: expect.any(String) };
    expect(container['resources']).toEqual({ requests: amounts, limits: amounts });
  });

  test.each(running)('of %s runs in a pod that is nobody and knows no cluster', (_name, manifest) => {
    expect(podOf(manifest)).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_532,
        fsGroup: 65_532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    const { hostNetwork, hostPID, hostIPC, serviceAccountName } = podOf(manifest) ?? {};
    expect([hostNetwork, hostPID, hostIPC, serviceAccountName]).toEqual([undefined, undefined, undefined, undefined]);
    const volumes = podOf(manifest)?.['volumes'] as readonly Record<string, unknown>[];
    for (const { name: _, ...source } of volumes)
      expect(['configMap', 'secret', 'persistentVolumeClaim']).toContain(Object.keys(source)[0]);
  });

  test.each(containers)('of %s is told only what its program reads, and no secret but as a file', (name, container) => {
    const known = knownVariables(programOf(container));
    const variables = (container.env ?? []).map(({ name: variable }) => variable);
    expect([name, variables.filter((variable) => !known.names.has(variable))]).toEqual([name, []]);
    expect([name, variables.filter((variable) => known.secrets.has(variable))]).toEqual([name, []]);
    expect((container.env ?? []).every(({ value }) => typeof value === 'string')).toBe(true);
    const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
    const paths = (container.env ?? []).map(({ value }) => value).filter((value) => value.startsWith('/'));
    expect(paths.filter((path) => !mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)))).toEqual([]);
  });

  test('the common settings are read by somebody, and none of them is a secret', () => {
    const programs = ['portal', 'mcp', 'audit-worker', 'cli'].map(knownVariables);
    const names = Object.keys(find('ConfigMap', 'settings')['data'] as object);
    expect(names.filter((name) => !programs.some((known) => known.names.has(name)))).toEqual([]);
    expect(names.filter((name) => programs.some((known) => known.secrets.has(name)))).toEqual([]);
  });

  test('volumes that are mounted are there, secrets and policy only to be read', () => {
    for (const [name, container, manifest] of containers) {
      const volumes = podOf(manifest)?.['volumes'] as readonly { readonly name: string; readonly secret?: object }[];
      const claims = ((manifest['spec'].volumeClaimTemplates ?? []) as Manifest[]).map(({ metadata }) => metadata.name);
      const there = [...volumes.map((volume) => volume.name), ...claims];
      expect([name, container.volumeMounts.filter((mount) => !there.includes(mount.name))]).toEqual([name, []]);
      const readOnly = ['policy', 'internal-ca', 'secrets', 'keys'];
      const writable = container.volumeMounts.filter((mount) => mount.readOnly !== true).map((mount) => mount.name);
      expect([name, writable.filter((volume) => readOnly.includes(volume))]).toEqual([name, []]);
      // A path below a subPath is never updated: an edit of the policy would not arrive.
      expect(container.volumeMounts.some((mount) => 'subPath' in mount)).toBe(false);
      for (const { secret } of volumes) expect(secret ?? { defaultMode: 0o440 }).toMatchObject({ defaultMode: 0o440 });
    }
  });
});

describe('docs/deploy.md', () => {
  const page = readFileSync(join(KUBERNETES, '../../docs/deploy.md'), 'utf8').replaceAll(' \\\n', '');
  const made = new Map(
    [...page.matchAll(/^secret ([\w-]+) (.*)$/gm)].map(([, name = '', flags = '']) => [
      name,
      [...flags.matchAll(/--from-file=(?:keys\/)?([\w.-]+)/g)].map(([, file = '']) => file),
    ]),
  );

  test('makes each secret that is mounted, with every file that is read in it, and nothing that is not', () => {
    const wanted = new Map<string, Set<string>>([['portal-keys', new Set(['signing-keys.json'])]]);
    for (const [place, container, manifest] of containers) {
      if (place.startsWith(DATABRICKS)) continue;
      const volumes = podOf(manifest)?.['volumes'] as readonly { name: string; secret?: { secretName: string } }[];
      const secret = volumes.find(({ name }) => name === 'secrets')?.secret?.secretName ?? '';
      const files = (container.env ?? []).flatMap(({ value }) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? []);
      wanted.set(secret, new Set([...(wanted.get(secret) ?? []), ...files]));
    }
    // The portal's policy names it.
    wanted.get('portal-secrets')?.add('supervisor-secret');
    const sorted = (secrets: ReadonlyMap<string, Iterable<string>>) =>
      Object.fromEntries([...secrets].map(([name, files]) => [name, [...files].toSorted()]));
    expect(sorted(made)).toEqual(sorted(wanted));
  });

  test('make-secrets.sh makes every file that it takes', () => {
    const script = readFileSync(join(KUBERNETES, '../docker/make-secrets.sh'), 'utf8');
    const sources = [...page.matchAll(/--from-file=(?:[\w.-]+=)?([\w/.-]+)/g)].map(([, file = '']) => file);
    const missing = sources.filter((file) => !file.startsWith('keys/') && !isMadeBy(script, file));
    expect([sources.length > 15, missing]).toEqual([true, []]);
  });
});

/** Passwords and producers' keys are made in a loop over what comes before or after the common part. */
const isMadeBy = (script: string, file: string) =>
  script.includes(`${file} `) || /-password$|^audit-producer-key-|^redis-url-/.test(file);

describe('services', () => {
  test.each(['portal', 'mcp', 'audit-worker'])('%s: ports, selectors, probes and the image agree', (name) => {
    const [set, service] = [find('StatefulSet', name), find('Service', name)];
    const [container] = containersOf(set);
    const { labels } = set['spec'].template.metadata as { labels: Record<string, string> };
    expect(labels).toMatchObject(set['spec'].selector.matchLabels as object);
    expect(labels).toMatchObject(service['spec'].selector as object);
    expect(set['spec'].serviceName).toBe(name);
    expect(container?.ports?.map(({ containerPort }) => String(containerPort))).toEqual(images.get(name)?.ports);
    const served = service['spec'].ports as readonly { port: number; targetPort: string }[];
    for (const { port, targetPort } of served)
      expect(container?.ports).toContainEqual({ name: targetPort, containerPort: port });
    const listens = (container?.env ?? []).filter((variable) => variable.name.endsWith('_LISTEN'));
    expect(listens.map(({ value }) => value.split(':')[1])).toEqual(images.get(name)?.ports);
    expect(container).toMatchObject({
      startupProbe: { httpGet: { path: '/livez', port: 'admin' } },
      livenessProbe: { httpGet: { path: '/livez', port: 'admin' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'admin' } },
    });
  });

  test('a pod has longer to stop than the process takes at most', () => {
    const delay = Number(find('ConfigMap', 'settings')['data'].DRAIN_DELAY_SECONDS);
    for (const name of ['portal', 'mcp', 'audit-worker'])
      expect(podOf(find('StatefulSet', name))?.['terminationGracePeriodSeconds']).toBeGreaterThan(delay + 25 + 10);
  });

  test('journal and heads are on volumes that outlive the pod and the set', () => {
    for (const [name, volume] of [
      ['portal', 'journal'],
      ['mcp', 'journal'],
      ['audit-worker', 'heads'],
    ] as const) {
      const { spec } = find('StatefulSet', name);
      expect((spec.volumeClaimTemplates as Manifest[]).map(({ metadata }) => metadata.name)).toEqual([volume]);
      expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    }
    const claim = production.flatMap(
      (one) => (podOf(one)?.['volumes'] ?? []) as { persistentVolumeClaim?: { claimName: string } }[],
    );
    const names = claim.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
    expect([...new Set(names)]).toEqual(['heads-audit-worker-0']);
  });

  test('budgets and autoscalers name a set that is there, and leave it its number', () => {
    const scaled = production.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    expect(scaled).toHaveLength(2);
    for (const { spec } of scaled) {
      expect(find('StatefulSet', String(spec.scaleTargetRef.name))['spec'].replicas).toBeUndefined();
      expect(spec.minReplicas).toBeGreaterThan(1);
    }
    for (const { spec } of production.filter(({ kind }) => kind === 'PodDisruptionBudget')) {
      const { matchLabels } = spec.selector as { matchLabels: Record<string, string> };
      const set = find('StatefulSet', matchLabels['app.kubernetes.io/name'] ?? '');
      expect(set['spec'].template.metadata.labels).toMatchObject(matchLabels);
    }
    const metrics = readFileSync(join(KUBERNETES, '../../services/mcp/src/service-metrics.ts'), 'utf8');
    const custom = scaled.flatMap(({ spec }) => spec.metrics as { pods?: { metric: { name: string } } }[]);
    expect(custom.flatMap(({ pods }) => pods?.metric.name ?? [])).toEqual(['mcp_calls_running']);
    expect(metrics).toContain('mcp_calls_running:');
  });

  test('the ingress leads to services and ports that are there, by TLS, for the public URLs', () => {
    const { tls, rules } = find('Ingress', 'causeway')['spec'] as {
      tls: { hosts: string[] }[];
      rules: { host: string; http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[];
    };
    const settings = find('ConfigMap', 'settings')['data'] as Record<string, string>;
    const hosts = [settings['PORTAL_PUBLIC_URL'], settings['MCP_PUBLIC_URL']].map((url) => new URL(url ?? '').host);
    expect(rules.map(({ host }) => host)).toEqual(hosts);
    expect(tls.flatMap((one) => one.hosts)).toEqual(hosts);
    for (const { http } of rules) {
      for (const { backend } of http.paths) {
        const ports = find('Service', backend.service.name)['spec'].ports as { name: string }[];
        expect(ports.map(({ name }) => name)).toContain(backend.service.port.name);
        expect(backend.service.port.name).not.toBe('admin');
      }
    }
    expect(find('ConfigMap', 'policy')['data']['policy.yaml']).toContain(`resource: ${settings['MCP_PUBLIC_URL']}/mcp`);
  });
});

describe('the variants', () => {
  const variant = (folder: (typeof FOLDERS)[number]) => {
    const manifests = BUILT.get(folder) ?? [];
    return (kind: string, name: string) =>
      manifests.find((one) => one.kind === kind && one.metadata.name === name) as Manifest;
  };
  const environmentOf = (manifest: Manifest) =>
    Object.fromEntries((containersOf(manifest)[0]?.env ?? []).map(({ name, value }) => [name, value]));

  test('on behalf of: one network may come to a port of its own, and is the one that is trusted', () => {
    const found = variant('overlays/on-behalf-of');
    const set = found('StatefulSet', 'mcp');
    const { OBO_LISTEN, OBO_TRUSTED_PROXIES } = environmentOf(set);
    expect(containersOf(set)[0]?.ports).toContainEqual({
      name: 'obo',
      containerPort: Number(OBO_LISTEN?.split(':')[1]),
    });
    expect(found('NetworkPolicy', 'from-platform-proxy')['spec'].ingress).toEqual([
      { from: [{ ipBlock: { cidr: OBO_TRUSTED_PROXIES } }], ports: [{ protocol: 'TCP', port: 'obo' }] },
    ]);
    expect(found('Service', 'mcp-obo')['spec'].ports).toEqual([{ name: 'obo', port: 8703, targetPort: 'obo' }]);
    expect(JSON.stringify(found('Ingress', 'causeway'))).not.toContain('obo');
    expect(containersOf(variant('overlays/production')('StatefulSet', 'mcp'))[0]?.ports).toHaveLength(2);
  });

  test('Databricks: nobody has a database, everybody has what the settings need, and each secret is on the page', () => {
    const found = variant(DATABRICKS);
    const page = readFileSync(join(KUBERNETES, '../../docs/deploy.md'), 'utf8');
    const settings = found('ConfigMap', 'settings')['data'] as Record<string, string>;
    const needed = ['PLATFORM', 'DATABRICKS_HOST', 'DATABRICKS_WAREHOUSE_ID', 'DATABRICKS_CLIENT_ID'];
    for (const [kind, name, own] of [
      ['StatefulSet', 'mcp', 'PORTAL_CLIENT_KEY_FILE'],
      ['StatefulSet', 'audit-worker', 'DATABRICKS_CLIENT_SECRET_FILE'],
      ['CronJob', 'audit-verify', 'DATABRICKS_CLIENT_SECRET_FILE'],
      ['CronJob', 'audit-retain', 'DATABRICKS_CLIENT_SECRET_FILE'],
    ] as const) {
      const environment = { ...settings, ...environmentOf(found(kind, name)) };
      const variables = Object.keys(environment);
      expect([name, variables.filter((one) => /DATABASE_URL|AUDIT_READ_URL/.test(one))]).toEqual([name, []]);
      expect([name, [...needed, own].filter((one) => !variables.includes(one))]).toEqual([name, []]);
      expect(page).toContain(`\`${environment[own]?.replace('/run/secrets/', '')}\``);
    }
    const ports = found('NetworkPolicy', 'to-warehouse')['spec'].egress as { ports: { port: number }[] }[];
    expect(ports.flatMap((rule) => rule.ports.map(({ port }) => port))).toEqual([443]);
  });
});

describe('the network', () => {
  const policies = production.filter(({ kind }) => kind === 'NetworkPolicy');
  const selects = ({ spec }: Manifest, labels: Record<string, string>) => {
    const { matchLabels = {}, matchExpressions = [] } = spec.podSelector as {
      matchLabels?: Record<string, string>;
      matchExpressions?: { key: string; operator: string; values: string[] }[];
    };
    const isNamed = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
    return isNamed && matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''));
  };
  const who = (policy: string) => {
    const found = policies.find(({ metadata }) => metadata.name === policy) as Manifest;
    const pods = new Map(
      [...production, ...(BUILT.get('db-apply') ?? [])].flatMap((one) => {
        const template = one.kind === 'CronJob' ? one['spec'].jobTemplate.spec.template : one['spec']?.template;
        return template === undefined ? [] : [[one.metadata.name, template.metadata.labels as Record<string, string>]];
      }),
    );
    return [...pods]
      .filter(([, labels]) => selects(found, labels))
      .map(([name]) => name)
      .toSorted();
  };

  test('begins with nothing', () => {
    const nothing = policies.find(({ metadata }) => metadata.name === 'nothing');
    expect(nothing?.['spec']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('leads to the warehouse only for those who have business there', () => {
    expect(who('to-warehouse')).toEqual(['audit-retain', 'audit-verify', 'audit-worker', 'db-apply', 'mcp']);
    expect(who('to-redis')).toEqual(['audit-worker', 'mcp', 'portal']);
    expect(who('to-outside')).toEqual(['mcp', 'portal']);
    expect(who('from-edge')).toEqual(['mcp', 'portal']);
  });

  test('lets nobody from outside to metrics and details, and nobody inside to the cloud’s metadata', () => {
    const edge = policies.find(({ metadata }) => metadata.name === 'from-edge');
    expect(
      edge?.['spec'].ingress.flatMap((rule: { ports: { port: string }[] }) => rule.ports.map(({ port }) => port)),
    ).toEqual(['http']);
    const outside = policies.find(({ metadata }) => metadata.name === 'to-outside');
    expect(outside?.['spec'].egress[0].to[0].ipBlock.except).toContain('169.254.0.0/16');
  });
});
