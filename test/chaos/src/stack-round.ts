import { setTimeout as delay } from 'node:timers/promises';
import { readKeysBeside, readJournals, reconcile, verifyTrail, postgresTrailRows, withReader } from '@causeway/audit';
import { pick, seededRandom } from '@causeway/test-audit/seeded-random';
import { FaultLedger } from './fault-ledger.ts';
import { type Asked, PeopleLoad } from './people-load.ts';
import { type AuditRow, rowProblem } from './row-problem.ts';
import { narrowedRows, RowsInForce } from './rows-in-force.ts';
import { OUTSIDE_FAULTS, PROCESS_FAULTS, type StackFault } from './stack-faults.ts';
import { type Backend, StackWorld } from './stack-world.ts';
import { PEOPLE } from './who-may-see.ts';

export interface RoundOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

export interface RoundReport {
  readonly answered: number;
  readonly unanswered: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  /** Each is a broken promise. */
  readonly violations: readonly string[];
}

/** Far longer than anything takes to come back on a busy machine. */
const RECOVERY_MS = 90_000;

/** A batch that nobody works on is sent anew after a minute. */
const SHIPPED_MS = 180_000;

/** One round of random faults against the whole stack under load. */
export async function stackRound({ backend, seed, seconds, signal, report }: RoundOptions): Promise<RoundReport> {
  await using world = await StackWorld.start(backend);
  const ledger = new FaultLedger();
  const rows = new RowsInForce();
  const load = new PeopleLoad({
    world: world.base,
    ledger,
    regionsOf: (...asked) => rows.regionsOf(...asked),
    pauseMs: 150,
  });
  const endsAt = performance.now() + seconds * 1000;
  const goesOn = () => performance.now() < endsAt && !signal.aborted;
  const lane = async (faults: Readonly<Record<string, StackFault>>, random: () => number) => {
    const names = Object.keys(faults).filter((name) => faults[name]?.isPossible?.(world) !== false);
    while (goesOn()) {
      const name = pick(names, random);
      const fault = faults[name];
      if (fault === undefined) return;
      const end = ledger.begin(name, fault.excuse);
      report(name);
      await fault.run(world, random).finally(end);
      await delay(random() * 2500);
    }
  };
  load.start();
  await delay(1000);
  const outside = { ...OUTSIDE_FAULTS, 'rows are taken away': narrowedRows(rows) };
  await Promise.all([lane(PROCESS_FAULTS, seededRandom(seed)), lane(outside, seededRandom(seed + 1))]);
  report('calm');
  const calmFrom = performance.now();
  const unwell = () => unwellSince(load, calmFrom);
  for (const deadline = calmFrom + RECOVERY_MS; unwell().length > 0 && performance.now() < deadline;) await delay(100);
  const stillUnwell = unwell();
  await load.stop();
  const judged = await judge(world, { load, ledger });
  return { ...judged, violations: [...stillUnwell, ...judged.violations] };
}

/** Whoever has not got an answer to a call and, if they need one, a token since then. */
function unwellSince({ asked }: PeopleLoad, from: number): string[] {
  const since = asked.filter(({ sentAt }) => sentAt > from);
  return PEOPLE.flatMap(({ email, role }) =>
    [true, ...(role === undefined ? [] : [false])].flatMap((isCall) => {
      const theirs = since.filter(({ who, tool }) => who.email === email && (tool !== undefined) === isCall);
      if (theirs.some(({ status, code }) => status === 200 && code === undefined)) return [];
      const last = theirs.at(-1);
      return [`${email} gets no ${isCall ? 'answer' : 'token'} when all is over: ${last && told(last)} ${last?.text}`];
    }),
  );
}

async function judge(
  world: StackWorld,
  { load, ledger }: { load: PeopleLoad; ledger: FaultLedger },
): Promise<RoundReport> {
  const waiting = () => readJournals(world.environment.JOURNAL_DIR).flatMap((journal) => journal.waiting);
  for (const end = Date.now() + SHIPPED_MS; waiting().length > 0 && Date.now() < end;) await delay(100);
  const { asked } = load;
  const failed = asked.filter(({ status, code }) => status !== 200 || code !== undefined);
  const inexcusable = failed.filter((one) => !ledger.excuses({ ...one, who: one.who.email }));
  return {
    answered: asked.filter(({ status }) => status !== undefined).length,
    unanswered: asked.filter(({ status }) => status === undefined).length,
    refused: countsOf(failed.flatMap(({ status, code = '' }) => (status === undefined ? [] : [code]))),
    faults: ledger.counts(),
    violations: [
      ...load.wrong,
      ...inexcusable.map(
        (one) =>
          `${told(one)} has no excuse; there was ${ledger.at(one.sentAt, one.endedAt)}: ${one.text.slice(0, 300)}`,
      ),
      ...(await rowProblems(world, asked)),
      ...(await trailProblems(world)),
    ],
  };
}

const told = ({ id, who, tool, status, code }: Asked) =>
  `${id} ${who.email} ${tool ?? 'a token'}: ${status ?? 'no answer'} ${code ?? ''}`;

/** What was answered against what was written down: once, of whom, and with the same outcome. */
async function rowProblems(world: StackWorld, asked: readonly Asked[]): Promise<string[]> {
  const rows = await world.administer<AuditRow>(
    'SELECT request_id, tool, status, error_code, human_email, role FROM audit_base.tool_calls',
  );
  const byId = Map.groupBy(rows, ({ request_id: id }) => id);
  return asked.flatMap((one) => {
    const found = rowProblem(one, byId.get(one.id) ?? []);
    return found === undefined ? [] : [`${told(one)}: ${found}`];
  });
}

function trailProblems(world: StackWorld): Promise<string[]> {
  const { AUDIT_READ_URL, JOURNAL_DIR } = world.environment;
  return withReader(AUDIT_READ_URL, async (client) => {
    const keys = await readKeysBeside(world.headsDir);
    const trail = await verifyTrail({ trail: postgresTrailRows(client), headsPath: world.headsDir, keys });
    const { ok, lost, doubled, pending, dead } = await reconcile(client, [JOURNAL_DIR]);
    const isWhole = ok && pending === 0 && dead === 0;
    return [
      ...trail.problems.map(({ text }) => `verify: ${text}`),
      ...(isWhole ? [] : [`reconcile: ${lost} lost, ${doubled} doubled, ${pending} pending, ${dead} dead letters`]),
    ];
  });
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
