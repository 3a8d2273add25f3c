import { join } from 'node:path';

import { type ChildService, serviceEnded, spawnService, waitUntilReady } from './child-service.ts';
import { endLeftoverChildren, forgetChildren, recordChildren } from './children-record.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { openDataFolder } from './data-folder.ts';
import { demoPolicy } from './demo-policy.ts';
import { governWarehouse } from './govern-warehouse.ts';
import { startIdentityProviders } from './idp/start-identity-providers.ts';
import { localEnvironment, type LocalEnvironment, type StackPlace } from './local-environment.ts';
import { startPartnerApi } from './partner/start-partner-api.ts';
import type { Passwords } from './passwords.ts';
import type { PortName } from './ports.ts';
import { endLeftoverPostgres } from './postgres/leftover.ts';
import { startPostgres } from './postgres/start-postgres.ts';
import { listServices } from './services.ts';
import { StackProblem } from './stack-problem.ts';
import { refuseTakenPorts } from './taken-ports.ts';

export interface LocalStackOptions extends Omit<StackPlace, 'policyFile'> {
  /** Without it, the demo policy. */
  readonly policyFile?: string;
  /** Progress, one line at a time. */
  readonly report?: (line: string) => void;
  /** Aborted when the person gives up while it starts: what runs by then is ended, and the promise rejects. */
  readonly signal?: AbortSignal;
  /** Aborted when the end should not wait for anybody. */
  readonly hurry?: AbortSignal;
  readonly services?: typeof listServices;
  /** Another database than the embedded one; it listens at the port already. */
  readonly database?: (dataDir: string) => Promise<LocalDatabase>;
  /** Settings that every service gets beside its own: those of telemetry. */
  readonly telemetry?: Readonly<Record<string, string>>;
}

interface LocalDatabase {
  readonly passwords: Passwords;
  /** Settles when it ends by itself. */
  readonly ended: Promise<void>;
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface LocalStack {
  readonly environment: LocalEnvironment;
  readonly services: readonly string[];
  /** Settles when a part ends that should not have. */
  readonly failed: Promise<StackProblem>;
  /** Ends everything in reverse order. */
  stop(): Promise<void>;
}

/** The ports of the supervisor itself, and those of the services that it starts. */
const OWN: readonly PortName[] = ['identityProviders', 'partnerApi', 'postgres'];
const OF_SERVICES: readonly PortName[] = ['portal', 'mcp', 'auditWorker', 'obo'];

type Stop = () => Promise<void>;

/** Starts the whole embedded stack in this process and its children. Many may run at once, each with its own folder and ports. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const stops: Stop[] = [];
  try {
    return await startParts(options, stops);
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function startParts(options: LocalStackOptions, stops: Stop[]): Promise<LocalStack> {
  const { dataDir, ports, platform = 'postgres', report = () => {}, signal, hurry } = options;
  const step = stepper(report, signal);
  openDataFolder(dataDir);
  const unlock = lockDataFolder(dataDir);
  stops.push(async () => unlock());
  await endLeftovers(dataDir, report);
  const own = options.database === undefined ? OWN : OWN.filter((name) => name !== 'postgres');
  const wanted = [...own, ...(platform === 'databricks' ? (['databricks'] as const) : [])];
  await refuseTakenPorts(ports, options.services === undefined ? [...OF_SERVICES, ...wanted] : wanted);

  const { database = () => startPostgres({ dataDir, port: ports.postgres, report, signal }) } = options;
  const postgres = await step('database', () => database(dataDir));
  stops.push(() => postgres.stop(hurry));
  const place = { dataDir, ports, platform, policyFile: options.policyFile ?? demoPolicy(options) };
  const environment = localEnvironment(place, postgres.passwords);
  await step('policy in the database', () =>
    governWarehouse({
      policyFile: place.policyFile,
      adminUrl: environment.ADMIN_DATABASE_URL,
      passwords: postgres.passwords,
      report,
    }),
  );

  const identityProviders = await step('identity providers', () =>
    startIdentityProviders({
      port: ports.identityProviders,
      dir: join(dataDir, 'idp'),
      portalUrl: environment.PORTAL_PUBLIC_URL,
    }),
  );
  stops.push(() => identityProviders.close());

  const partnerApi = await step('partner API', () =>
    startPartnerApi({ port: ports.partnerApi, dir: join(dataDir, 'partner-ca') }),
  );
  stops.push(() => partnerApi.close());

  const services = await startServices({ ...options, ...place }, { environment, stops, step });
  return {
    environment,
    services: services.map(({ name }) => name),
    failed: Promise.race([
      postgres.ended.then(() => databaseEnded(dataDir)),
      ...services.map((service) => service.ended.then(() => serviceEnded(service))),
    ]),
    stop: () => stopAll(stops),
  };
}

async function endLeftovers(dataDir: string, report: (line: string) => void): Promise<void> {
  const services = await endLeftoverChildren(dataDir);
  if (services > 0) report(`ended ${services} service(s) that an earlier start left`);
  const postgres = await endLeftoverPostgres(join(dataDir, 'postgres'));
  if (postgres !== undefined) report(`ended the database that an earlier start left (process ${postgres})`);
}

type Step = <T>(name: string, start: () => Promise<T>) => Promise<T>;

async function startServices(
  { dataDir, signal, hurry, services = listServices, telemetry, ...place }: LocalStackOptions & StackPlace,
  { environment, stops, step }: { environment: LocalEnvironment; stops: Stop[]; step: Step },
): Promise<ChildService[]> {
  const running: ChildService[] = [];
  stops.push(async () => forgetChildren(dataDir));
  for (const spec of services({ dataDir, ...place }, environment)) {
    await step(spec.name, async () => {
      const env = { ...telemetry, ...spec.env };
      const service = spawnService({ ...spec, env }, join(dataDir, 'logs', `${spec.name}.log`));
      running.push(service);
      stops.push(() => service.stop(hurry));
      recordChildren(
        dataDir,
        running.flatMap(({ identity }) => identity ?? []),
      );
      await waitUntilReady(service, spec.readyUrl, signal);
    });
  }
  return running;
}

function stepper(report: (line: string) => void, signal: AbortSignal | undefined): Step {
  return async (name, start) => {
    signal?.throwIfAborted();
    const began = performance.now();
    report(`starting ${name} …`);
    const part = await start();
    report(`${name} is up (${((performance.now() - began) / 1000).toFixed(2)} s)`);
    return part;
  };
}

/** Last started, first ended. One that fails to end does not keep the others. */
async function stopAll(stops: Stop[]): Promise<void> {
  const failures: unknown[] = [];
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
    await stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some parts of the stack did not end cleanly');
}

function databaseEnded(dataDir: string): StackProblem {
  return new StackProblem('the database ended by itself, so the stack ends too', [
    `Its log is ${join(dataDir, 'logs', 'postgres.log')}.`,
  ]);
}
