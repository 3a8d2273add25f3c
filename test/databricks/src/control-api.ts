import { z } from 'zod';
import { json } from './http/answer.ts';
import type { Effect, Faults } from './http/faults.ts';
import type { OpenRoute } from './http/route.ts';
import type { SeenRequest } from './start-emulator.ts';

const effect = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    answer: z.strictObject({
      status: z.int().min(100).max(599),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.string().default(''),
    }),
  }),
  z.strictObject({ kind: z.literal('slow'), ms: z.int().positive() }),
  z.strictObject({ kind: z.enum(['silence', 'truncated', 'reset', 'token_expired', 'never_ends']) }),
  z.strictObject({
    kind: z.literal('genie'),
    outcome: z.discriminatedUnion('status', [
      z.strictObject({ status: z.enum(['FAILED', 'CANCELLED']), errorType: z.string(), error: z.string() }),
      z.strictObject({ status: z.literal('QUERY_RESULT_EXPIRED') }),
      z.strictObject({ status: z.literal('stuck'), at: z.string() }),
    ]),
  }),
]) satisfies z.ZodType<Effect>;

const fault = z.strictObject({
  on: z.string(),
  times: z.int().positive().optional(),
  after: z.int().min(0).optional(),
  effect,
});

/** How tests beside the process arm faults and see what was asked. No workspace has this. */
export function controlRoutes(faults: Faults, requests: readonly SeenRequest[]): readonly OpenRoute[] {
  return [
    {
      on: 'POST /emulator/faults',
      answer(request) {
        faults.add(request.json(fault));
        return json({});
      },
    },
    {
      on: 'DELETE /emulator/faults',
      answer() {
        faults.clear();
        return json({});
      },
    },
    { on: 'GET /emulator/requests', answer: () => json(requests) },
  ];
}
