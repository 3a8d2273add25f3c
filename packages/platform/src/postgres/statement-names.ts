import { hash } from 'node:crypto';

const NAMES_MAX = 5000;

/**
 * Names of prepared statements. Postgres checks the schema's USAGE only when a statement is parsed, so no role uses what another one,
 * or an older policy, had parsed. Names are remembered, because to hash costs more than to look up.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();

  nameOf(engineDigest: string, role: string, text: string): string {
    const key = `${engineDigest}\0${role}\0${text}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `q${hash('sha256', key).slice(0, 40)}`;
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    this.#names.set(key, name);
    return name;
  }
}
