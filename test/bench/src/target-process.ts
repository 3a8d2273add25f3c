// The process of one target: a server or a driver, on the core that is measured.
import type { Settings, StartDriver, StartServer } from './bench-case.ts';
import { answerParent } from './child.ts';
import { load } from './load.ts';

let call: () => Promise<boolean> = () => Promise.reject(new Error('no driver was started'));

async function callOnce(): Promise<void> {
  if (!(await call())) throw new Error('the driver says that a result was wrong');
}

answerParent({
  async startServer({ module, settings }: { module: string; settings: Settings }) {
    const { startServer } = (await import(module)) as { startServer: StartServer };
    return startServer(settings);
  },
  async startDriver({ module, settings }: { module: string; settings: Settings }) {
    const { startDriver } = (await import(module)) as { startDriver: StartDriver };
    ({ call } = await startDriver(settings));
  },
  load: ({ concurrency, seconds }: { concurrency: number; seconds: number }) =>
    load(
      Array.from({ length: concurrency }, () => callOnce),
      seconds,
    ),
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 1024 / 1024 };
  },
});
