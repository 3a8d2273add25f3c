import { AppError } from '@causeway/core';
import { orAborted } from '@causeway/runtime';
import pg from 'pg';
import { FailedStep, GovernedUnit, prepareFrame, type UnitRequest, type UnitResult } from './governed-unit.ts';
import { mapPostgresError } from './map-error.ts';
import { PreparedNames } from './prepared-names.ts';

export interface UnitRunnerOptions {
  readonly pool: pg.Pool;
  /** A connection of its own, so that a cancel gets through when every other one is busy. */
  readonly control: pg.Pool;
  readonly preparedMax: number;
  /** How long the server may take to stop what was cancelled, before the connection is dropped. */
  readonly graceMs: number;
}

interface ConnectionState {
  readonly pid: number;
  readonly names: PreparedNames;
}

/** Runs governed units over a pool. A connection goes back to it clean and idle, or not at all. */
export class UnitRunner {
  readonly #options: UnitRunnerOptions;
  readonly #states = new WeakMap<pg.PoolClient, ConnectionState>();

  constructor(options: UnitRunnerOptions) {
    this.#options = options;
  }

  async run(statement: string, request: UnitRequest, signal?: AbortSignal): Promise<UnitResult> {
    try {
      // A relation was rebuilt under a prepared statement: nothing was written, so the unit may run again, parsed anew.
      return await this.#once(request, signal).catch((error: unknown) => {
        if (isStalePlan(error)) return this.#once(request, signal);
        throw error;
      });
    } catch (error) {
      if (signal?.aborted) throw abortError(signal);
      throw mapPostgresError(error, { statement, role: request.role });
    }
  }

  async #once(request: UnitRequest, signal: AbortSignal | undefined): Promise<UnitResult> {
    const client = await this.#acquire(signal);
    let broken: Error | undefined;
    try {
      return await this.#runOn(client, request, signal);
    } catch (error) {
      broken = await this.#cleanAfter(client, error);
      throw error;
    } finally {
      client.release(broken ?? (client.getTransactionStatus() === 'I' ? undefined : new Error('not idle')));
    }
  }

  /** A waiter that gives up gives its connection back when it comes. */
  async #acquire(signal: AbortSignal | undefined): Promise<pg.PoolClient> {
    signal?.throwIfAborted();
    const connected = this.#options.pool.connect();
    if (signal === undefined) return connected;
    try {
      return await orAborted(connected, signal);
    } catch (error) {
      if (signal.aborted) void connected.then((client) => client.release()).catch(() => undefined);
      throw error;
    }
  }

  async #runOn(client: pg.PoolClient, request: UnitRequest, signal: AbortSignal | undefined): Promise<UnitResult> {
    const { pid, names } = this.#states.get(client) ?? (await this.#prepare(client, request));
    const unit = new GovernedUnit(names, request);
    const { timeoutMs } = request;
    const guard = this.#guard(client, { pid, timeoutMs, signal });
    try {
      client.query(unit);
      return await unit.settled;
    } finally {
      const stopping = guard.end();
      if (stopping !== undefined) await stopping;
    }
  }

  /** The session's settings must not be the server's: dates, zones and names come out the same everywhere. */
  async #prepare(client: pg.PoolClient, { timeoutMs }: UnitRequest): Promise<ConnectionState> {
    // A connection that breaks while it is in use also emits an error, which would end the process.
    client.on('error', () => undefined);
    const pid = await within(timeoutMs + this.#options.graceMs, client, async () => {
      await client.query(SESSION);
      const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
      await prepareFrame(client);
      return rows[0]?.pid ?? 0;
    });
    const state = { pid, names: new PreparedNames(this.#options.preparedMax) };
    this.#states.set(client, state);
    return state;
  }

  /** pg rejects before the server is ready again, so its transaction status is stale: our own ROLLBACK must answer first. */
  async #cleanAfter(client: pg.PoolClient, error: unknown): Promise<Error | undefined> {
    if (!keepsConnection(error)) return error instanceof Error ? error : new Error('a non-error was thrown');
    try {
      await within(this.#options.graceMs, client, () => client.query('ROLLBACK'));
      return undefined;
    } catch (failure) {
      return failure instanceof Error ? failure : new Error('ROLLBACK failed');
    }
  }

  /** Stops the unit on the server when the caller goes away, and drops the connection when the server does not answer. */
  #guard(client: pg.PoolClient, { pid, timeoutMs, signal }: GuardedUnit) {
    const { control, graceMs } = this.#options;
    let stopped: PromiseWithResolvers<void> | undefined;
    const drop = () => {
      destroy(client);
      stopped?.resolve();
    };
    let timer = setTimeout(drop, timeoutMs + graceMs);
    const cancel = () => {
      const cancelled = (stopped = Promise.withResolvers<void>());
      clearTimeout(timer);
      timer = setTimeout(drop, graceMs);
      // Destroying the socket alone would leave the backend at work (measured).
      control.query('SELECT pg_catalog.pg_cancel_backend($1)', [pid]).then(() => cancelled.resolve(), drop);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
    return {
      /** A cancel that is still on its way would hit whoever has the connection next. */
      end() {
        signal?.removeEventListener('abort', cancel);
        if (stopped === undefined) clearTimeout(timer);
        return stopped?.promise.finally(() => clearTimeout(timer));
      },
    };
  }
}

interface GuardedUnit {
  readonly pid: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const SESSION = `SET DateStyle TO 'ISO'; SET IntervalStyle TO 'iso_8601'; SET TimeZone TO 'UTC'; SET extra_float_digits TO 1;
SET bytea_output TO 'hex'; SET search_path TO pg_catalog, pg_temp; SET row_security TO on`;

/** What the unit's own guard does not watch. A connection whose packets vanish must not hold its place in the pool until TCP gives it up. */
async function within<T>(ms: number, client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => destroy(client), ms);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** Whatever it was asked fails at once. */
const destroy = (client: pg.PoolClient): void => void client.connection.stream.destroy(new Error('no answer in time'));

/** A refusal by the engine leaves the connection whole. A broken socket, a dying server, lost statements or a protocol gone wrong do not. */
const keepsConnection = (error: unknown) => !/^(08|57P|XX|26000)/.test(sqlStateOf(error) ?? '08');

/** A plan whose relation has changed, or that the server has lost. */
const isStalePlan = (error: unknown) => ['0A000', '26000'].includes(sqlStateOf(error) ?? '');

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof FailedStep && error.cause instanceof pg.DatabaseError ? error.cause.code : undefined;
}

/** Whoever aborted knows why: their own error of the table goes back to them. */
function abortError({ reason }: AbortSignal): AppError {
  return reason instanceof AppError
    ? reason
    : new AppError('upstream_timeout', 'the caller gave up or ran out of time');
}
