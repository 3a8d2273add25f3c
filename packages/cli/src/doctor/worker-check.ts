import { type Answered, ask, json } from './ask.ts';
import { type DoctorCheck, notChecked, ok, type Verdict, wrong } from './doctor-check.ts';

const BEHIND_SECONDS = 60;

/** Whether what is recorded arrives in the warehouse: asked of the worker itself. */
export function workerCheck(url: string | undefined): DoctorCheck {
  return {
    name: 'audit worker',
    run: async (signal) => {
      if (url === undefined) return notChecked('AUDIT_WORKER_LISTEN is not set');
      const [health, metrics] = [await ask(`${url}/health`, { signal }), await ask(`${url}/metrics`, { signal })];
      return verdictOf(health, metrics.body);
    },
  };
}

function verdictOf(health: Answered, metrics: string): Verdict {
  const down = causes(health);
  if (health.status !== 200 || down.length > 0) {
    return wrong(
      `it is not well: ${down.join('; ') || `its /health answers ${health.status}`}`,
      'events wait in the journals of the services; nothing is lost, and nobody can read them yet',
      'mend what it names; it goes on by itself',
    );
  }
  const oldest = Math.round(valueOf(metrics, /^audit_oldest_unconfirmed_event_seconds (\S+)$/m));
  const waiting = valueOf(metrics, /^audit_queue_batches\{state="waiting"\} (\S+)$/m);
  if (oldest > BEHIND_SECONDS) {
    return wrong(
      `it is ${oldest} s behind; ${waiting} batches wait`,
      'whoever reads the audit trail does not see the last minutes',
      'start another worker, and look at the load of the warehouse',
    );
  }
  return ok(`well; ${waiting} batches wait, the oldest unconfirmed event is ${oldest} s old`);
}

function causes(health: Answered): string[] {
  const { dependencies } = json(health);
  return Object.entries(
    (dependencies ?? {}) as Readonly<Record<string, { status?: unknown; cause?: unknown }>>,
  ).flatMap(([name, { status, cause }]) =>
    status === 'ok' ? [] : [typeof cause === 'string' ? `${name}: ${cause}` : name],
  );
}

const valueOf = (metrics: string, pattern: RegExp): number => Number(pattern.exec(metrics)?.[1] ?? 0);
