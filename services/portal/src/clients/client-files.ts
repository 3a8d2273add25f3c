import { readFile } from 'node:fs/promises';

const FRESH_MS = 1000;
const FILES_MAX = 1000;

interface Kept {
  readonly text: Promise<string>;
  readonly until: number;
}

/** Secrets and keys of clients, from their files. Read anew after a second, so that a replaced one counts without a restart. */
export class ClientFiles {
  readonly #kept = new Map<string, Kept>();

  read(path: string): Promise<string> {
    const kept = this.#kept.get(path);
    if (kept !== undefined && performance.now() < kept.until) return kept.text;
    if (this.#kept.size >= FILES_MAX) this.#kept.clear();
    const text = readFile(path, 'utf8').then((content) => content.trim());
    this.#kept.set(path, { text, until: performance.now() + FRESH_MS });
    return text;
  }
}
