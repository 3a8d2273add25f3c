import type { HealthCheck } from '@causeway/runtime';
import { CLOCK_SKEW_SECONDS } from '../jwt/numeric-date.ts';
import type { KeysState } from './remote-keys.ts';

/** Half of the leeway: while every token is still good. */
const SKEW_MAX_MS = (CLOCK_SKEW_SECONDS * 1000) / 2;

/** Whether our clock agrees with those of the issuers, as their answers say. Beyond the leeway good tokens are refused and dead ones taken. */
export function clockCheck(states: () => readonly Pick<KeysState, 'name' | 'skewMs'>[]): HealthCheck {
  return {
    name: 'clock',
    required: false,
    run: () => {
      const off = states().flatMap(({ name, skewMs = 0 }) =>
        Math.abs(skewMs) > SKEW_MAX_MS ? [`${Math.round(Math.abs(skewMs) / 1000)} s ${sideOf(skewMs)} ${name}`] : [],
      );
      if (off.length === 0) return Promise.resolve();
      return Promise.resolve({ status: 'degraded', cause: `this machine's clock is ${off.join(', ')}` });
    },
  };
}

const sideOf = (skewMs: number) => (skewMs > 0 ? 'behind' : 'ahead of');
