import { setTimeout as delay } from 'node:timers/promises';
import { postgresTrailRows, readJournals, readKeysBeside, reconcile, verifyTrail, withReader } from '@causeway/audit';
import { Evidence } from './evidence.ts';
import type { FaultLedger } from './fault-ledger.ts';
import type { Asked, PeopleLoad } from './people-load.ts';
import { type AuditRow, rowProblem } from './row-problem.ts';
import type { StackWorld } from './stack-world.ts';
import type { Violation } from './violation.ts';
import { PEOPLE } from './who-may-see.ts';

export interface RoundReport {
  readonly answered: number;
  readonly unanswered: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
}

/** Something about one request. */
interface Finding {
  readonly about: Asked;
  readonly found: string;
}

export interface RoundEnd {
  readonly load: PeopleLoad;
  readonly ledger: FaultLedger;
  /** Who was still without an answer when all was over. */
  readonly without: readonly Unwell[];
}

export interface Unwell {
  readonly what: string;
  readonly last: Asked | undefined;
}

/** A batch that nobody works on is sent anew after a minute. */
const SHIPPED_MS = 180_000;

/** Whoever has not got an answer to a call and, if they need one, a token since then. */
export function unwellSince({ asked }: PeopleLoad, from: number): Unwell[] {
  const since = asked.filter(({ sentAt }) => sentAt > from);
  return PEOPLE.flatMap(({ email, role }) =>
    [true, ...(role === undefined ? [] : [false])].flatMap((isCall) => {
      const theirs = since.filter(({ who, tool }) => who.email === email && (tool !== undefined) === isCall);
      if (theirs.some(({ status, code }) => status === 200 && code === undefined)) return [];
      return [{ what: `${email} gets no ${isCall ? 'answer' : 'token'} when all is over`, last: theirs.at(-1) }];
    }),
  );
}

/** What was promised and not kept. First what explains the rest: a process that is no more. */
export async function judge(world: StackWorld, { load, ledger, without }: RoundEnd): Promise<RoundReport> {
  const waiting = () => readJournals(world.environment.JOURNAL_DIR).flatMap((journal) => journal.waiting);
  for (const end = Date.now() + SHIPPED_MS; waiting().length > 0 && Date.now() < end;) await delay(100);
  const { asked, wrong } = load;
  const failed = asked.filter(({ status, code }) => status !== 200 || code !== undefined);
  const found = [...wrong, ...inexcusable(failed, ledger), ...(await rowProblems(world, asked))];
  const trail = await trailProblems(world);
  const evidence = new Evidence(world);
  return {
    answered: asked.filter(({ status }) => status !== undefined).length,
    unanswered: asked.filter(({ status }) => status === undefined).length,
    refused: countsOf(failed.flatMap(({ status, code = '' }) => (status === undefined ? [] : [code]))),
    faults: ledger.counts(),
    violations: [
      ...world.crashed.map((what) => ({ what, evidence: [] })),
      ...trail,
      ...without.map(({ what, last }) => ({
        what: `${what}: ${last === undefined ? 'nothing was asked' : told(last)}`,
        evidence: last === undefined ? [] : evidence.of(last),
      })),
      ...found.map(({ about, found: problem }) => ({
        what: `${told(about)}: ${problem}`,
        evidence: evidence.of(about),
      })),
    ],
  };
}

const told = ({ id, who, tool, status, code, text }: Asked) =>
  `${id} ${who.email} ${tool ?? 'a token'}: ${status ?? `no answer (${text})`} ${code ?? ''}`.trimEnd();

function inexcusable(failed: readonly Asked[], ledger: FaultLedger): Finding[] {
  const guilty = failed.filter((one) => !ledger.excuses({ ...one, who: one.who.email }));
  return guilty.map((about) => {
    const faults = ledger.at(about.sentAt, about.endedAt);
    return { about, found: `has no excuse; there was ${faults}: ${about.text.slice(0, 300)}` };
  });
}

/** What was answered against what was written down: once, of whom, and with the same outcome. */
async function rowProblems(world: StackWorld, asked: readonly Asked[]): Promise<Finding[]> {
  const rows = await world.administer<AuditRow>(
    'SELECT request_id, tool, status, error_code, human_email, role FROM audit_base.tool_calls',
  );
  const byId = Map.groupBy(rows, ({ request_id: id }) => id);
  return asked.flatMap((about) => {
    const found = rowProblem(about, byId.get(about.id) ?? []);
    return found === undefined ? [] : [{ about, found }];
  });
}

async function trailProblems(world: StackWorld): Promise<Violation[]> {
  const { AUDIT_READ_URL, JOURNAL_DIR } = world.environment;
  const { trail, account } = await withReader(AUDIT_READ_URL, async (client) => {
    const keys = await readKeysBeside(world.headsDir);
    return {
      trail: await verifyTrail({ trail: postgresTrailRows(client), headsPath: world.headsDir, keys }),
      account: await reconcile(client, [JOURNAL_DIR]),
    };
  });
  const { ok, lost, doubled, pending, dead } = account;
  const isWhole = ok && pending === 0 && dead === 0;
  const evidence = new Evidence(world);
  return [
    ...trail.problems.map(({ text }) => ({ what: `verify: ${text}`, evidence: evidence.troubles(/^worker/) })),
    ...(isWhole
      ? []
      : [
          {
            what: `reconcile: ${lost} lost, ${doubled} doubled, ${pending} pending, ${dead} dead letters`,
            evidence: [...(await evidence.journals()), ...evidence.troubles(/./)],
          },
        ]),
  ];
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
