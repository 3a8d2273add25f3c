import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:https';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { type Compose, readCompose, readOnBehalfOf } from './compose.ts';
import { type Container, startContainer, substitute, type Substitutions } from './container.ts';
import { type Image, readImages } from './dockerfile.ts';
import { startSecuredPostgres } from './secured-postgres.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const at = (path: string) => join(root, path);

const PORTAL = 'portal.example.com';
const MCP = 'mcp.example.com';
/** Of the images. Only root can become it; anybody else stays who they are. */
const UID = process.getuid?.() === 0 ? 65_532 : undefined;
const UP_WITHIN_MS = 90_000;

export type ServiceName = 'portal' | 'mcp' | 'audit-worker' | 'cli';

/** Of the policy, where the platform's own people come as well. */
const WORKSPACE = `
workspace:
  issuer: https://platform.example.com/oidc
  audience: causeway
  humans: { olivia@example.com: [finance] }
`;

const PORTS = {
  '0.0.0.0:8700': 'portal',
  '0.0.0.0:9700': 'portal admin',
  '0.0.0.0:8701': 'mcp',
  '0.0.0.0:9701': 'mcp admin',
  '0.0.0.0:8703': 'mcp obo',
  '0.0.0.0:9702': 'audit-worker admin',
} as const;

type PortName = (typeof PORTS)[keyof typeof PORTS] | 'edge' | 'redis';

/**
 * The compose file without an engine: bundles, secrets, Redis, Postgres and the edge as the files describe them, as processes of
 * this machine. What is different is where things are: folders, ports, and names, which all lead to 127.0.0.1.
 */
export class DeploymentWorld implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'causeway-deploy-'));
  readonly images: ReadonlyMap<string, Image> = readImages();
  readonly compose: Compose = readCompose();
  readonly #ports = new Map<PortName, number>();
  readonly #running: Container[] = [];
  #postgres: TestPostgres | undefined;

  static async start(): Promise<DeploymentWorld> {
    const world = new DeploymentWorld();
    try {
      await world.#prepare();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  port(name: PortName): number {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`${name} has no port`);
    return port;
  }

  get portalUrl(): string {
    return `https://${PORTAL}:${this.port('edge')}`;
  }

  get mcpUrl(): string {
    return `https://${MCP}:${this.port('edge')}`;
  }

  app = (name: ServiceName) => join(this.dir, 'out', name);
  secret = (name: string) => readFileSync(join(this.dir, 'secrets', name), 'utf8').trim();

  async #prepare(): Promise<void> {
    chmodSync(this.dir, 0o755);
    for (const name of [...Object.values(PORTS), 'edge', 'redis'] as const) this.#ports.set(name, await freePort());
    // The image's own Node, where everybody may run it.
    mkdirSync(join(this.dir, 'bin'));
    copyFileSync(process.execPath, join(this.dir, 'bin', 'node'));
    copyFileSync(join(import.meta.dirname, 'hosts.ts'), join(this.dir, 'hosts.ts'));
    const made = run(at('infra/docker/make-secrets.sh'), [join(this.dir, 'secrets'), PORTAL, MCP]);
    const bundle = (out: string) => run(process.execPath, [at('scripts/bundle.ts'), join(this.dir, out)]);
    // Twice, for the test that compares them.
    await Promise.all([made, bundle('out'), bundle('again')]);
    chmodSync(join(this.dir, 'secrets'), 0o755);
    this.#writePolicy();
    mkdirSync(join(this.dir, 'volumes'), { mode: 0o755 });
    for (const volume of Object.keys(this.compose.volumes)) {
      const folder = join(this.dir, 'volumes', volume);
      mkdirSync(folder, { mode: 0o700 });
      if (UID !== undefined) chownSync(folder, UID, UID);
    }
    await Promise.all([this.#startRedis(), this.#startPostgres()]);
    await this.#startEdge();
  }

  #writePolicy(): void {
    mkdirSync(join(this.dir, 'policy'));
    const text = readFileSync(at('infra/kubernetes/policy/policy.yaml'), 'utf8')
      .replace(`https://${MCP}`, this.mcpUrl)
      .replaceAll('/run/secrets/', `${this.dir}/secrets/`);
    writeFileSync(join(this.dir, 'policy', 'policy.yaml'), `${text}${WORKSPACE}`);
  }

  /** The compose file's own command line, on another port and folder. */
  async #startRedis(): Promise<void> {
    const { command = [] } = this.compose.services['redis'] ?? {};
    const [, ...args] = command.map((word) => substitute(word, this.#places));
    const here: Readonly<Record<string, string>> = {
      '6379': String(this.port('redis')),
      '/data': join(this.dir, 'volumes', 'redis-data'),
    };
    // The rights of the services are those of the file; who looks at the server is nobody of theirs.
    this.#edit('redis-users', (users) => `${users}user inspector on nopass ~* &* +@all\n`);
    this.#spawn('redis-server', [...args.map((word) => here[word] ?? word), '--bind', '127.0.0.1']);
    for (const name of this.#secretsNamed(/^redis-url-/))
      this.#edit(name, (url) => url.replace(':6379', `:${this.port('redis')}`));
    await this.#until('redis', () => this.#lastOutput().includes('Ready to accept connections'));
  }

  async #startPostgres(): Promise<void> {
    const postgres = await startSecuredPostgres(join(this.dir, 'secrets'), join(this.dir, 'postgres'));
    this.#postgres = postgres;
    for (const name of this.#secretsNamed(/-url$/)) {
      this.#edit(name, (url) => substitute(url.replace(':5432', `:${postgres.port}`), this.#places));
    }
  }

  async #startEdge(): Promise<void> {
    const file = join(this.dir, 'haproxy.cfg');
    const text = readFileSync(at('infra/docker/haproxy.cfg'), 'utf8')
      .replaceAll(/^ {2}server-template (\w+) .*$/gm, (_line, name: 'portal' | 'mcp') => {
        const check = `check port ${this.port(`${name} admin`)} inter 200ms fall 2 rise 1`;
        return `  server ${name} 127.0.0.1:${this.port(name)} ${check}`;
      })
      .replace(/^resolvers [\s\S]*?\n\n/m, '')
      .replace(/^ {2}bind :443 .*$/m, '')
      .replace('bind :8443', `bind 127.0.0.1:${this.port('edge')}`);
    writeFileSync(file, substitute(text, this.#places));
    this.#spawn('haproxy', ['-W', '-db', '-f', file], { PORTAL_HOST: PORTAL, MCP_HOST: MCP });
    await this.#until('edge', async () => {
      const response = await this.fetch(`https://${MCP}:${this.port('edge')}/livez`).catch(() => undefined);
      return response !== undefined;
    });
  }

  /** In the state in which the images would be started: no engine, no repository, a user of no rights. */
  run(name: ServiceName, command?: readonly string[], engine: Readonly<Record<string, string>> = {}): Container {
    const [image, service] = [this.images.get(name), this.compose.services[name]];
    if (image === undefined || service === undefined) throw new Error(`there is no ${name}`);
    const ports = Object.entries(PORTS).map(([written, port]) => [written, `127.0.0.1:${this.port(port)}`] as const);
    const volumes = (service.volumes ?? []).map(({ type, source, target }) => {
      return [target, type === 'bind' ? join(this.dir, 'policy') : join(this.dir, 'volumes', source)] as const;
    });
    const onTop = name === 'mcp' ? readOnBehalfOf().services.mcp.environment : {};
    const container = startContainer({
      image,
      service: { ...service, environment: { ...service.environment, ...onTop } },
      ...(command === undefined ? {} : { command }),
      substitutions: [
        ...ports,
        ...volumes,
        ['/app/', `${this.app(name)}/`],
        ['/usr/local/bin/node', join(this.dir, 'bin', 'node')],
        // The edge's network.
        ['10.89.0.0/24', '127.0.0.0/8'],
        // The platform's proxy.
        ['10.89.0.3/32', '127.0.0.1/32'],
        ...this.#places,
      ],
      interpolations: { PORTAL_HOST: `${PORTAL}:${this.port('edge')}`, MCP_HOST: `${MCP}:${this.port('edge')}` },
      engine: { NODE_OPTIONS: `--import=${join(this.dir, 'hosts.ts')}`, ...engine },
      cwd: this.app(name),
      uid: UID,
    });
    this.#running.push(container);
    return container;
  }

  /** A run of the command line that ends by itself. */
  async causeway(...args: string[]): Promise<{ code: number | null; output: string }> {
    const container = this.run('cli', args);
    return { code: await container.ended, output: container.output() };
  }

  async startService(name: 'portal' | 'mcp' | 'audit-worker'): Promise<Container> {
    const container = this.run(name);
    await this.#until(name, async () => {
      const url = `http://127.0.0.1:${this.port(`${name} admin`)}/readyz`;
      return fetch(url).then(
        (response) => response.ok,
        () => false,
      );
    });
    return container;
  }

  /** What Redis answers, to the inspector if nobody else is named. */
  async askRedis(command: readonly string[], login = ['--user', 'inspector', '--pass', 'any']): Promise<string> {
    const tls = ['--tls', '--cacert', join(this.dir, 'secrets', 'internal-ca'), '--sni', 'redis'];
    const place = ['-h', '127.0.0.1', '-p', String(this.port('redis'))];
    const { stdout } = await run('redis-cli', [...place, ...tls, ...login, '--no-auth-warning', ...command]);
    return stdout.trim();
  }

  /** As a client from outside, by TLS and by name. */
  fetch(url: string, init: RequestInit = {}): Promise<Response> {
    return fetch(url, { ...init, dispatcher: new Agent({ connect: this.#outside, keepAliveTimeout: 1 }) });
  }

  /** The status of an answer to somebody who connects rightly, and then asks for another host. */
  statusFor(host: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#outside, servername: MCP, headers: { host }, agent: false };
      get(`${this.mcpUrl}/livez`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).once('error', reject);
    });
  }

  get #outside() {
    const lookup: LookupFunction = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    return { ca: readFileSync(join(this.dir, 'secrets', 'internal-ca'), 'utf8'), lookup };
  }

  get #places(): Substitutions {
    return [['/run/secrets/', `${this.dir}/secrets/`]];
  }

  #secretsNamed = (pattern: RegExp) => readdirSync(join(this.dir, 'secrets')).filter((name) => pattern.test(name));

  #edit(name: string, change: (text: string) => string): void {
    const file = join(this.dir, 'secrets', name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  #spawn(program: string, args: readonly string[], env: Record<string, string> = {}): void {
    const nothing = { environment: {} } as Compose['services'][string];
    this.#running.push(
      startContainer({
        image: { entrypoint: [program], command: args, env: {} } as unknown as Image,
        service: nothing,
        substitutions: [],
        interpolations: {},
        engine: { PATH: '/usr/sbin:/usr/bin:/bin', ...env },
        cwd: this.dir,
        uid: undefined,
      }),
    );
  }

  #lastOutput = () => this.#running.at(-1)?.output() ?? '';

  async #until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + UP_WITHIN_MS; Date.now() < deadline; await delay(100)) {
      if (await isTrue()) return;
      if (this.#running.at(-1)?.isRunning() === false) break;
    }
    throw new Error(`it did not come: ${what}\n${this.#lastOutput()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#running.toReversed()) if (container.isRunning()) await container.stop('SIGKILL');
    await this.#postgres?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
