import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BlockList } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { MALLOC_ENVIRONMENT, NODE_FLAGS } from '@causeway/local/node-flags';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { COMPOSE, type ComposeService, readCompose, readOnBehalfOf } from './compose.ts';
import { interpolate } from './container.ts';
import { DOCKERFILE, instructions, readImages } from './dockerfile.ts';
import { knownVariables } from './known-variables.ts';

const compose = readCompose();
const images = readImages();
const folder = dirname(COMPOSE);
const root = resolve(folder, '../..');
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const networksOf = ({ networks }: ComposeService) =>
  (Array.isArray(networks) ? networks : Object.keys(networks)) as string[];
const on = (network: string) =>
  services.filter(([, service]) => networksOf(service).includes(network)).map(([name]) => name);

/** No program in these images could ask. */
const CANNOT_CHECK = ['collector', 'jaeger'];

describe('the compose file', () => {
  test('is one by the compose specification', () => {
    const file = createRequire(import.meta.url).resolve('dclint/package.json');
    const text = readFileSync(join(dirname(file), 'schemas/compose.schema.json'), 'utf8');
    const { $schema: _, ...schema } = JSON.parse(text) as Record<string, unknown>;
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    expect([validate(compose), validate.errors]).toEqual([true, null]);
    expect(validate({ services: { portal: { imagine: 'x' } } })).toBe(false);
  });

  test('names files, networks, volumes, secrets and services that are there', () => {
    for (const [name, service] of services) {
      const of = `of ${name}`;
      expect([of, networksOf(service).filter((network) => !(network in compose.networks))]).toEqual([of, []]);
      expect([of, (service.secrets ?? []).filter((secret) => !(secret in compose.secrets))]).toEqual([of, []]);
      expect([of, (service.configs ?? []).filter(({ source }) => !(source in compose.configs))]).toEqual([of, []]);
      expect([of, Object.keys(service.depends_on ?? {}).filter((other) => !(other in compose.services))]).toEqual([
        of,
        [],
      ]);
      const volumes = (service.volumes ?? []).filter(({ type }) => type === 'volume');
      expect([of, volumes.filter(({ source }) => !(source in compose.volumes))]).toEqual([of, []]);
    }
    const files = Object.values(compose.configs).map(({ file }) => file);
    expect(files.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
  });

  test('declares nothing that nobody uses', () => {
    const text = services.map(([, service]) => service);
    const secrets = new Set(text.flatMap(({ secrets: used = [] }) => used));
    const configs = new Set(text.flatMap(({ configs: used = [] }) => used.map(({ source }) => source)));
    const volumes = new Set(text.flatMap(({ volumes: used = [] }) => used.map(({ source }) => source)));
    expect(Object.keys(compose.secrets).filter((name) => !secrets.has(name))).toEqual([]);
    expect(Object.keys(compose.configs).filter((name) => !configs.has(name))).toEqual([]);
    expect(Object.keys(compose.volumes).filter((name) => !volumes.has(name))).toEqual([]);
    expect(Object.keys(compose.networks).filter((name) => on(name).length === 0)).toEqual([]);
  });

  test.each(services)('%s may write nowhere but where it is told, and gains no right', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      deploy: { resources: { limits: { cpus: expect.any(String), memory: expect.any(String) } } },
    });
    expect(service['privileged']).toBeUndefined();
    expect(service['cap_add']).toBeUndefined();
    const user = service.user ?? images.get(service.build?.target ?? '')?.user ?? '';
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test.each(services)('%s pins its image, and is asked whether it is well', (name, service) => {
    expect(interpolate(service.image, {})).toMatch(/:v?\d+\.\d+(\.\d+)?(-\w+)?$/);
    const own = images.get(service.build?.target ?? '')?.health;
    const isAsked = service.healthcheck?.test !== undefined || own !== undefined;
    expect(isAsked).toBe(!CANNOT_CHECK.includes(name) && name !== 'cli');
  });

  test('every variable is one of the settings, and a secret is only ever a file that is mounted', () => {
    for (const [name, service] of ours) {
      const known = knownVariables(name);
      const environment = { ...images.get(service.build?.target ?? '')?.env, ...service.environment };
      expect([name, Object.keys(environment).filter((variable) => !known.names.has(variable))]).toEqual([name, []]);
      expect([name, Object.keys(environment).filter((variable) => known.secrets.has(variable))]).toEqual([name, []]);
      const paths = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
      const mounted = (service.secrets ?? []).map((secret) => `/run/secrets/${secret}`);
      expect([name, paths.filter((path) => !mounted.includes(path))]).toEqual([name, []]);
    }
  });

  test('who needs no database is not on its network, and what need not be reached from outside is not', () => {
    expect(on('warehouse').toSorted()).toEqual(['audit-worker', 'cli', 'mcp', 'postgres']);
    expect(on('edge').toSorted()).toEqual(['edge', 'mcp', 'portal']);
    expect(on('public')).toEqual(['edge']);
    for (const network of ['edge', 'state', 'warehouse', 'telemetry'])
      expect(compose.networks[network]?.internal).toBe(true);
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(['443:8443']);
  });

  test('on behalf of: a port that nobody is led to, and one address that is trusted and given to nobody else', () => {
    const { environment } = readOnBehalfOf().services.mcp;
    const { OBO_LISTEN, OBO_TRUSTED_PROXIES, OBO_ISSUER, OBO_AUDIENCE, ...more } = environment;
    expect([OBO_LISTEN, more]).toEqual(['0.0.0.0:8703', {}]);
    expect([OBO_ISSUER, OBO_AUDIENCE]).toEqual([expect.stringMatching(/^https:/), expect.any(String)]);
    expect(Object.keys(compose.services['mcp']?.environment ?? {}).filter((name) => name.startsWith('OBO_'))).toEqual(
      [],
    );
    const [address = '', bits] = OBO_TRUSTED_PROXIES?.split('/') ?? [];
    const [{ subnet, ip_range: automatic }] = compose.networks['edge']?.ipam?.config ?? [{ subnet: '', ip_range: '' }];
    const isIn = (network: string) => {
      const [base = '', prefix] = network.split('/');
      const block = new BlockList();
      block.addSubnet(base, Number(prefix));
      return block.check(address);
    };
    expect([bits, isIn(subnet), isIn(automatic)]).toEqual(['32', true, false]);
    expect(services.flatMap(([, { ports = [] }]) => ports).filter((port) => port.endsWith(':8703'))).toEqual([]);
    const edge = readFileSync(join(folder, 'haproxy.cfg'), 'utf8');
    expect(edge).not.toContain('8703');
    expect(edge).toContain('http-request del-header x-forwarded-access-token\n');
  });

  test('volumes of the images are volumes of the file, and only the command line gets the administrator', () => {
    for (const [name, service] of ours) {
      const mounted = (service.volumes ?? []).map(({ target }) => target);
      const wanted = images.get(service.build?.target ?? '')?.volumes ?? [];
      expect([name, wanted.filter((path) => !mounted.includes(path))]).toEqual([name, []]);
      expect([name, service.secrets?.includes('admin-database-url')]).toEqual([name, name === 'cli']);
    }
  });

  test('ports agree: what listens, what is exposed, checked, scraped and balanced', () => {
    const scraped = readFileSync(join(folder, 'prometheus.yml'), 'utf8');
    const balanced = readFileSync(join(folder, 'haproxy.cfg'), 'utf8');
    for (const name of ['portal', 'mcp', 'audit-worker']) {
      const { env = {}, ports = [], health = [] } = images.get(name) ?? {};
      const [admin = ''] = ports.slice(-1);
      const listens = Object.entries(env).filter(([variable]) => variable.endsWith('_LISTEN'));
      expect(listens.map(([, address]) => address.replace('0.0.0.0:', '')).toSorted()).toEqual(ports.toSorted());
      expect(health.join(' ')).toContain(`127.0.0.1:${admin}/readyz`);
      expect(scraped).toContain(`names: [${name}], type: A, port: ${admin}`);
    }
    expect(balanced).toContain('portal:8700 check port 9700 ');
    expect(balanced).toContain('mcp:8701 check port 9701 ');
  });
});

describe('the Dockerfile', () => {
  const { nodeVersion } = parse(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')) as { nodeVersion: string };
  const written = readFileSync(DOCKERFILE, 'utf8');

  test('runs the Node and the pnpm that everything is tested with', () => {
    expect(written).toContain(`ARG NODE_IMAGE=node:${nodeVersion}-bookworm-slim`);
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      packageManager: string;
    };
    expect(written).toContain(` ${packageManager}\n`);
    expect(written).toContain('pnpm install --frozen-lockfile --ignore-scripts');
  });

  test.each(['portal', 'mcp', 'audit-worker', 'cli'])(
    '%s: its bundle, as a user of no rights, without a shell',
    (name) => {
      const image = images.get(name);
      expect(image).toMatchObject({ user: '65532:65532', stopSignal: 'SIGTERM', base: 'runtime' });
      expect(image?.entrypoint).toEqual([
        '/usr/local/bin/node',
        '--enable-source-maps',
        ...NODE_FLAGS,
        '/app/main.mjs',
      ]);
      expect(image?.copies).toContainEqual({ from: `/out/${name}`, to: '/app' });
      expect(image?.labels['org.opencontainers.image.title']).toBe(`causeway-${name}`);
      expect(image?.env).toMatchObject(MALLOC_ENVIRONMENT);
      const { ADMIN_LISTEN, ...env } = image?.env ?? {};
      expect(ADMIN_LISTEN === undefined).toBe(name === 'audit-worker' || name === 'cli');
      expect(JSON.stringify(env)).not.toMatch(/PASSWORD|SECRET|TOKEN/i);
    },
  );

  test('nothing runs in an image but in the stage that is thrown away', () => {
    const stages = instructions().map((one) => one.getKeyword());
    expect(stages.slice(stages.lastIndexOf('RUN')).filter((keyword) => keyword === 'FROM')).toHaveLength(5);
  });

  test('what goes into the build is named, and a developer’s secrets are not', () => {
    const [first, ...rules] = readFileSync(join(root, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    expect(rules).toContain('**/.causeway');
    expect(rules.some((rule) => /^!(infra\/docker|\.git|\.env)/.test(rule))).toBe(false);
  });
});
