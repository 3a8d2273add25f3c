// The process that sends the calls of HTTP targets and checks every answer, on the other core.
import type { BenchCase, HttpTarget, Settings } from './bench-case.ts';
import { answerParent } from './child.ts';
import { KeepAliveSocket, requestBytes } from './keep-alive-socket.ts';
import { load } from './load.ts';

interface Job {
  /** The module of the case, because the check of an answer is a function. */
  readonly module: string;
  readonly target: string;
  readonly port: number;
  readonly settings: Settings;
  readonly concurrency: number;
  readonly seconds: number;
  readonly restMs: number;
}

async function callServer({ module, target: name, port, settings, concurrency, seconds, restMs }: Job) {
  const { benchCase } = (await import(module)) as { benchCase: BenchCase };
  const target = benchCase.targets.find(
    (candidate): candidate is HttpTarget => candidate.name === name && candidate.kind === 'http',
  );
  if (!target) throw new Error(`${benchCase.name} has no HTTP target ${name}`);
  const { request: wanted } = target;
  const request = requestBytes(typeof wanted === 'function' ? wanted(settings) : wanted, port);
  const sockets = await Promise.all(Array.from({ length: concurrency }, () => KeepAliveSocket.open(port)));
  const cpuBefore = process.cpuUsage();
  try {
    const result = await load(
      sockets.map((socket) => async () => {
        const answer = await socket.send(request);
        if (!target.isRight(answer)) throw new Error(`wrong answer: ${answer.status} ${answer.body.slice(0, 200)}`);
      }),
      seconds,
      restMs,
    );
    const { user, system } = process.cpuUsage(cpuBefore);
    return { ...result, generatorCores: (user + system) / 1e6 / result.seconds };
  } finally {
    for (const socket of sockets) socket.close();
  }
}

answerParent({ callServer });
