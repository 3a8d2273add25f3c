import { type FileHandle, mkdir, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JWK } from 'jose';
import type { ChainPosition } from './audit-table.ts';
import type { Checkpoint, HeadSigner } from './head.ts';

export interface HeadsFileOptions {
  readonly path: string;
  readonly signer: HeadSigner;
  readonly now?: () => Date;
}

interface Waiting {
  position: ChainPosition;
  readonly written: PromiseWithResolvers<void>;
}

const TAIL_BYTES = 4096;

/** Where the public keys of a heads file are kept beside it. */
export const keysPath = (path: string) => `${path}.keys.json`;

/**
 * The heads of the chains, signed, outside the database: whoever owns the database can rewrite the table but not this. One writer
 * per file; heads that come while one is being written become one line, the furthest.
 */
export class HeadsFile {
  readonly #path: string;
  readonly #signer: HeadSigner;
  readonly #now: () => Date;
  readonly #waiting = new Map<string, Waiting>();
  readonly #anchored = new Map<string, ChainPosition>();
  #isWriting = false;
  #isTorn = true;

  constructor({ path, signer, now = () => new Date() }: HeadsFileOptions) {
    this.#path = path;
    this.#signer = signer;
    this.#now = now;
  }

  /** Makes the folder, and adds the public key to those that the file was ever signed with. */
  async prepare(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const file = keysPath(this.#path);
    const known = await readFile(file, 'utf8').then(
      (text) => (JSON.parse(text) as { keys: JWK[] }).keys,
      (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : Promise.reject(error)),
    );
    const { publicJwk } = this.#signer;
    if (known.some(({ kid }) => kid === publicJwk.kid)) return;
    await writeFile(`${file}.new`, JSON.stringify({ keys: [...known, publicJwk] }, null, 2), {
      flush: true,
      mode: 0o600,
    });
    await rename(`${file}.new`, file);
  }

  /** Resolves when a signed head at this position, or further, is on the disk. */
  anchor(position: ChainPosition): Promise<void> {
    const { chain, chainSeq, hash } = position;
    const last = this.#anchored.get(chain);
    if (last?.chainSeq === chainSeq && last.hash.equals(hash)) return Promise.resolve();
    const waiting = this.#waiting.get(chain) ?? { position, written: Promise.withResolvers<void>() };
    if (chainSeq > waiting.position.chainSeq) waiting.position = position;
    this.#waiting.set(chain, waiting);
    if (!this.#isWriting) void this.#writeAll();
    return waiting.written.promise;
  }

  /** Whether the file can be written. */
  async check(): Promise<void> {
    await (await open(this.#path, 'a', 0o600)).close();
  }

  async writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    await this.#append(await this.#signer.signCheckpoint(checkpoint));
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    // Whoever comes in the same turn shares the line.
    await Promise.resolve();
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const [chain, { position, written }] = next;
      this.#waiting.delete(chain);
      try {
        await this.#append(await this.#signer.signHead(position, this.#now()));
        this.#anchored.set(chain, position);
        written.resolve();
      } catch (error) {
        this.#isTorn = true;
        written.reject(error);
      }
    }
    // In the same breath as the last look at who waits: one who comes a moment later must begin anew.
    this.#isWriting = false;
  }

  // Opened each time, so that a file that was rotated away or removed is begun anew.
  async #append(line: string): Promise<void> {
    if (this.#isTorn) await cutTornTail(this.#path);
    this.#isTorn = false;
    const file = await open(this.#path, 'a', 0o600);
    try {
      await file.write(`${line}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

/** A crash in the middle of a line leaves half a head, whose job was never answered. */
async function cutTornTail(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : Promise.reject(error),
  );
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    const whole = await endOfLastLine(file, size);
    if (whole < size) await truncate(path, whole);
  } finally {
    await file.close();
  }
}

/** Read from behind: a checkpoint's line has no limit. */
async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(TAIL_BYTES);
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const start = Math.max(0, end - TAIL_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
