import type { Command } from '../command.ts';
import { devToken } from './dev-token.ts';

/** Every command, in the order of the help page. */
export const COMMANDS: readonly Command[] = [devToken];
