import { setTimeout as delay } from 'node:timers/promises';
import { loadSemanticModel } from '@causeway/platform';
import { conversations, DEMO_MODEL } from '@causeway/platform/testing';
import fc from 'fast-check';
import { parse } from 'libpg-query';
import type { McpWorld, Proof, ToolResult } from './mcp-world.ts';

export interface AskedQuestions {
  readonly asked: number;
  /** Questions that were understood, so that there was a statement. */
  readonly answered: number;
  /** What should never be, each with the question. */
  readonly problems: readonly string[];
}

const TURNS = 4;
const AT_ONCE = 16;
const SEED = 20_261_120;

/** Lets questions through as fast as they come: what is asked here is about the answers. */
export async function liftLimits(world: McpWorld): Promise<void> {
  const erik = await world.proofOf('erik@northwind.example');
  world.editPolicy((text) => {
    const lifted = text
      .replace(/genieQueriesPerMinute: \d+/, 'genieQueriesPerMinute: 1000000\n  genieSharePerCaller: 1')
      .replace(/callsPerMinutePerCaller: \d+/, 'callsPerMinutePerCaller: 1000000');
    // What can be seen of the edit when it holds.
    return `${lifted}\nrevoked: { roles: [east_sales] }\n`;
  });
  while ((await world.call(erik, 'check_identity')).code !== 'invalid_token') await delay(100);
}

/** So many generated questions, in conversations of four turns, through the service; every statement is read by the real grammar. */
export async function askGenerated(world: McpWorld, proof: Proof, count: number): Promise<AskedQuestions> {
  const model = await loadSemanticModel(DEMO_MODEL);
  const relations = new Set(Object.values(model.relations).map(({ relation }) => relation));
  const left = fc.sample(conversations(model), { numRuns: Math.ceil(count / TURNS), seed: SEED });
  const found = { asked: 0, answered: 0, problems: [] as string[] };
  const converse = async (turns: readonly string[]) => {
    let conversation: unknown;
    for (const question of turns) {
      const handle = conversation === undefined ? {} : { conversation_id: conversation };
      const result = await world.call(proof, 'genie_query', { question, ...handle });
      found.asked++;
      const { sql, conversation_id: next } = result.content;
      conversation = next ?? conversation;
      if (typeof sql === 'string') found.answered++;
      const problem =
        problemOf(question, result) ?? (typeof sql === 'string' ? await sqlProblem(sql, relations) : undefined);
      if (problem !== undefined) found.problems.push(`${JSON.stringify(question)}: ${problem}`);
    }
  };
  const worker = async () => {
    for (let turns = left.pop(); turns !== undefined; turns = left.pop()) await converse(turns);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

/** Junk may be no question at all, which is a refusal of the argument. Nothing else is. */
function problemOf(question: string, { status, code, content }: ToolResult): string | undefined {
  const isQuestion = question.trim().length > 0;
  if (code === 'invalid_request' && !isQuestion) return undefined;
  if (status !== 200 || code !== undefined) return `${status} ${code}`;
  return ['completed', 'clarification'].includes(String(content['status'])) ? undefined : 'no status';
}

async function sqlProblem(sql: string, relations: ReadonlySet<string>): Promise<string | undefined> {
  const { stmts = [] } = await parse(sql);
  const [only] = stmts;
  if (stmts.length !== 1 || only?.stmt === undefined || !('SelectStmt' in only.stmt)) return 'is not one SELECT';
  const foreign = relationsIn(only.stmt).find((relation) => !relations.has(relation));
  return foreign === undefined ? undefined : `reads ${foreign}`;
}

function relationsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([kind, inner]: [string, unknown]) => {
    if (kind !== 'RangeVar') return relationsIn(inner);
    const { schemaname = '', relname = '' } = inner as { schemaname?: string; relname?: string };
    return [`${schemaname}.${relname}`];
  });
}
