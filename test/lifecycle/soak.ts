// `pnpm chaos soak [--minutes N] [--callers N]`: every service at full load, its memory looked at every few seconds.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LifecycleWorld, type Replica } from './lifecycle-world.ts';
import { Load } from './load.ts';
import { judgeMemory, type MemorySample } from './judge-memory.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '10' }, callers: { type: 'string', default: '32' } },
});
const minutes = Number(values.minutes);
const callers = Number(values.callers);
const SAMPLE_MS = 5000;

const leave = new AbortController();
process.once('SIGINT', () => leave.abort());

async function sample(service: Replica, startedAt: number): Promise<MemorySample> {
  const { text } = await service.get('/metrics');
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]) / 1024 ** 2;
  return {
    minute: (performance.now() - startedAt) / 60_000,
    rssMb: value('process_resident_memory_bytes'),
    heapMb: value('nodejs_heap_size_used_bytes'),
  };
}

await using world = await LifecycleWorld.create();
const { ports } = world.place;
const services = {
  'audit-worker': world.start('audit-worker', { port: ports.auditWorker }),
  portal: world.start('portal', { port: ports.portal }),
  mcp: world.start('mcp', { port: ports.mcp }),
};
const base = await world.startBase();
await Promise.all(Object.values(services).map((service) => service.ready()));
// Full load is what is asked for here, and not where the demo's limit stands.
base.editPolicy((text) => text.replace(/(PerMinutePerCaller): \d+/, '$1: 1000000'));
await delay(3000);

console.log(`${minutes} minutes, ${callers} callers`);
const load = await Load.start(base, { callers, pauseMs: 0 });
const startedAt = performance.now();
const samples = new Map(Object.keys(services).map((name) => [name, [] as MemorySample[]]));
while (performance.now() - startedAt < minutes * 60_000 && !leave.signal.aborted) {
  await delay(SAMPLE_MS, undefined, { signal: leave.signal }).catch(() => undefined);
  for (const [name, service] of Object.entries(services)) samples.get(name)?.push(await sample(service, startedAt));
}
const seconds = (performance.now() - startedAt) / 1000;
const { calls, exchanges, failures } = await load.stop();

const rate = (count: number) => (count / seconds).toFixed(0);
console.log(
  `${rate(calls.length)} calls and ${rate(exchanges.length)} token exchanges a second; ${failures.length} failed`,
);
for (const failure of failures.slice(0, 5)) console.log(`  ${failure}`);
let isFlat = true;
for (const [name, taken] of samples) {
  const judged = judgeMemory(taken);
  isFlat &&= judged.isFlat;
  console.log(`${name.padEnd(12)}  ${judged.text}`);
}
process.exitCode = isFlat && failures.length === 0 ? 0 : 1;
