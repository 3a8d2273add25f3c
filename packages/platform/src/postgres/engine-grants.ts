import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { Granted, PlatformSession, QueryOptions, Statement } from '../platform.ts';

type Session = Pick<PlatformSession, 'query'>;

/** A connection is a foreign server: `GRANT USAGE ON FOREIGN SERVER` opens it. */
export async function assertConnectionGranted(
  session: Session,
  name: string,
  options?: QueryOptions,
): Promise<Granted> {
  const [answer] = await session.query({ ...CONNECTION_GRANT, values: [name] }, options);
  if (answer?.granted !== true)
    throw new AppError('access_denied', `the engine grants no use of the connection ${name}`);
  return 'granted';
}

const CONNECTION_GRANT: Statement<{ granted: boolean }> = {
  name: 'connection_grant',
  text: `SELECT has_server_privilege($1, 'USAGE') AS granted`,
  values: [],
  row: z.object({ granted: z.boolean() }),
};

/** Whoever may not execute the function may not ask: the engine decides, and says no by an error. */
export async function assertSupervisorGranted(session: Session, options?: QueryOptions): Promise<Granted> {
  await session.query(ASK_SUPERVISOR, options);
  return 'granted';
}

const ASK_SUPERVISOR: Statement<unknown> = {
  name: 'ask_supervisor',
  text: 'SELECT causeway.ask_supervisor() AS opened',
  values: [],
  row: z.unknown(),
};
