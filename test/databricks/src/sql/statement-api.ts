import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { badParameter, doesNotExist, json, permissionDenied } from '../http/answer.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import type { Principal } from '../oauth/principal.ts';
import { queryTags } from './attribution.ts';
import { parameter } from './parameters.ts';
import type { Statement } from './statement.ts';
import type { StatementRequest, Warehouse } from './warehouse.ts';

const body = z.object({
  statement: z.string().min(1),
  warehouse_id: z.string(),
  catalog: z.string().nullish(),
  schema: z.string().nullish(),
  parameters: z.array(parameter).nullish(),
  row_limit: z.int().positive().nullish(),
  byte_limit: z.int().positive().nullish(),
  disposition: z.enum(['INLINE', 'EXTERNAL_LINKS']).nullish(),
  format: z.enum(['JSON_ARRAY', 'ARROW_STREAM', 'CSV']).nullish(),
  wait_timeout: z
    .string()
    .regex(/^\d{1,2}s$/)
    .nullish(),
  on_wait_timeout: z.enum(['CONTINUE', 'CANCEL']).nullish(),
  query_tags: queryTags.nullish(),
});

const SCOPE = ['sql'];
const PATH = '/api/2.0/sql/statements';
/** A poll waits a moment for the end, as the API's own does. */
const POLL_MS = 200;

export interface StatementApiOptions {
  readonly warehouse: Warehouse;
  readonly warehouseId: string;
  readonly catalog: string;
  /** The longest that it waits before it says that a statement still runs. Without it, as long as it is asked to. */
  readonly waitMaxMs?: number | undefined;
}

/** SQL Statement Execution 2.0. */
export function statementRoutes(options: StatementApiOptions): readonly Route[] {
  const { warehouse, warehouseId, catalog, waitMaxMs = Infinity } = options;
  const owned = (request: ApiRequest, { name }: Principal): Statement => {
    const statement = warehouse.statements.get(request.param('id'));
    if (statement?.owner === name) return statement;
    throw doesNotExist(`The statement ${request.param('id')} was not found.`);
  };
  return [
    {
      on: `POST ${PATH}`,
      scope: SCOPE,
      async handle(request, principal) {
        const asked = request.json(body);
        const waitMs = Math.min(waitOf(asked.wait_timeout ?? '10s'), waitMaxMs);
        checkPlace(asked, { warehouseId, catalog });
        const statement = warehouse.submit(principal, requestOf(asked, request));
        if (waitMs > 0) await Promise.race([statement.settled, delay(waitMs, undefined, { ref: false })]);
        if (waitMs > 0 && statement.state === 'RUNNING' && asked.on_wait_timeout === 'CANCEL') {
          statement.cancel();
          await statement.settled;
        }
        return json(waitMs > 0 ? statement.response(true) : pending(statement));
      },
    },
    {
      on: `GET ${PATH}/{id}`,
      scope: SCOPE,
      async handle(request, principal) {
        const statement = owned(request, principal);
        await Promise.race([statement.settled, delay(POLL_MS, undefined, { ref: false })]);
        return json(statement.response());
      },
    },
    {
      on: `GET ${PATH}/{id}/result/chunks/{index}`,
      scope: SCOPE,
      handle(request, principal) {
        const chunk = owned(request, principal).chunk(Number(request.param('index')));
        if (chunk === undefined) throw doesNotExist('There is no such chunk.');
        return json(chunk);
      },
    },
    {
      on: `POST ${PATH}/{id}/cancel`,
      scope: SCOPE,
      handle(request, principal) {
        owned(request, principal).cancel();
        return json({});
      },
    },
  ];
}

const pending = ({ id }: Statement) => ({ statement_id: id, status: { state: 'PENDING' } });

function waitOf(text: string): number {
  const seconds = Number(text.slice(0, -1));
  if (seconds !== 0 && (seconds < 5 || seconds > 50)) {
    throw badParameter('wait_timeout must be 0s, or between 5s and 50s.');
  }
  return seconds * 1000;
}

function checkPlace(
  asked: z.infer<typeof body>,
  { warehouseId, catalog }: Omit<StatementApiOptions, 'warehouse'>,
): void {
  if (asked.warehouse_id !== warehouseId) throw permissionDenied('You do not have permission to use this warehouse.');
  if (asked.catalog != null && asked.catalog !== catalog)
    throw badParameter(`Catalog '${asked.catalog}' was not found.`);
  if (asked.disposition === 'EXTERNAL_LINKS') throw badParameter('This warehouse answers INLINE only.');
  if (asked.format != null && asked.format !== 'JSON_ARRAY') throw badParameter('INLINE results are JSON_ARRAY.');
}

function requestOf(asked: z.infer<typeof body>, { effect }: ApiRequest): StatementRequest {
  return {
    text: asked.statement,
    parameters: asked.parameters ?? [],
    rowLimit: asked.row_limit ?? undefined,
    byteLimit: asked.byte_limit ?? undefined,
    tags: new Map((asked.query_tags ?? []).map(({ key, value }) => [key, value ?? ''])),
    neverEnds: effect?.kind === 'never_ends',
  };
}
