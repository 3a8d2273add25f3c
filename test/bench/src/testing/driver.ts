import { setImmediate } from 'node:timers/promises';
import type { StartDriver } from '../bench-case.ts';

/** Does nothing for one turn of the event loop, and is wrong when the word is `wrong driver`. */
export const startDriver: StartDriver = ({ word }) =>
  Promise.resolve({
    call: async () => {
      await setImmediate();
      return word !== 'wrong driver';
    },
  });
