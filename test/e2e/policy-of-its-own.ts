import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoPolicy } from '@causeway/local/demo-policy';
import { decodeJwt } from 'jose';
import { vi } from 'vitest';
import { CHECKOUT, runCommand } from './command.ts';
import type { McpWorld, Proof, WorldPlace } from './mcp-world.ts';

/** The demo policy of this place with changes, as a file of its own beside it. */
export function policyOfItsOwn({ folder, ports }: WorldPlace, change: (text: string) => string): string {
  const dataDir = join(folder.path, 'data');
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const file = join(dataDir, 'own-policy.yaml');
  writeFileSync(file, change(readFileSync(demoPolicy({ dataDir, ports }), 'utf8')));
  return file;
}

/** The same text with one piece of it changed, which must be there. */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the policy has no ${from}`);
  return text.replace(from, to);
}

/** A policy that a test changes again and again, each time from the same text. */
export class ChangingPolicy {
  readonly #world: McpWorld;
  readonly #file: string;
  readonly #original: string;
  /** Calls a process with this proof: one of those that must have taken an edit up. */
  readonly #statuses: readonly ((proof: Proof) => Promise<number>)[];

  constructor(world: McpWorld, statuses: readonly ((proof: Proof) => Promise<number>)[] = []) {
    this.#world = world;
    this.#file = world.environment['CAUSEWAY_POLICY'] ?? '';
    this.#original = readFileSync(this.#file, 'utf8');
    this.#statuses = [async (proof) => (await world.call(proof, 'check_identity')).status, ...statuses];
  }

  /** Until the edit is in force everywhere, which a token that it revokes tells. */
  async change(edit: (text: string) => string): Promise<void> {
    const token = await this.#world.exchange(await this.#world.signIn('wanda@northwind.example'));
    const text = `${edit(this.#original)}\nrevoked: { tokens: ['${decodeJwt(token).jti}'] }\n`;
    writeFileSync(this.#file, text);
    for (const statusOf of this.#statuses) {
      const isTakenUp = async () => (await statusOf(this.#world.bearer(token))) === 401;
      await vi.waitUntil(isTakenUp, { timeout: 60_000, interval: 100 });
    }
  }

  /** The same, for an edit of what the database enforces. Answers what `causeway db apply` printed. */
  async apply(edit: (text: string) => string, ...options: string[]): Promise<string> {
    writeFileSync(this.#file, edit(this.#original));
    const line = [join(CHECKOUT, 'node_modules/.bin/causeway'), 'db', 'apply', ...options] as const;
    const { stdout, stderr } = await runCommand([...line], { env: this.#world.environment });
    await this.change(edit);
    return stdout + stderr;
  }
}
