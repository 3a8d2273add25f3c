import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { type Checkpoint, checkpoint, CHECKPOINT_TYPE, type Head, head, HEAD_TYPE } from './head.ts';

export interface SignedHead extends Head {
  readonly line: string;
}

export interface SignedCheckpoint extends Checkpoint {
  readonly line: string;
}

/** A head of the form that named no first row. It cannot say which rows a worker handed in, so it vouches for none. */
const outdatedHead = z.strictObject({ chain: z.string(), chain_seq: z.number(), hash: z.string(), at: z.string() });

export function isOutdatedHead(line: string): boolean {
  try {
    return outdatedHead.safeParse(payloadOf(line)).success;
  } catch {
    return false;
  }
}

const payloadOf = (line: string): unknown => JSON.parse(Buffer.from(line.split('.')[1] ?? '', 'base64url').toString());

/** What a line of a heads file says. Its signature is for the caller to check. `undefined` when it is neither. */
export function readHeadsLine(line: string): SignedHead | SignedCheckpoint | undefined {
  try {
    const payload = payloadOf(line);
    const { typ } = decodeProtectedHeader(line);
    if (typ === HEAD_TYPE) return { ...head.parse(payload), line };
    if (typ === CHECKPOINT_TYPE) return { ...checkpoint.parse(payload), line };
  } catch {
    // Counted by the caller.
  }
}

/** The whole lines of a file from a byte on. What stands behind the last newline is still being written. */
export async function* wholeLines(file: string, start = 0): AsyncGenerator<string> {
  let rest = '';
  // One byte is one character, so that a reader can go on from where it was.
  for await (const chunk of createReadStream(file, { encoding: 'latin1', start })) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

const WRITE_BYTES = 256 * 1024;

/** Puts a file without some of its lines in its place, at once or not at all. For the one who writes into it. */
export async function dropLines(path: string, isOutdated: (line: string) => boolean): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    let text = '';
    for await (const line of wholeLines(path)) {
      if (!isOutdated(line)) text += `${line}\n`;
      if (text.length < WRITE_BYTES) continue;
      await file.write(text, null, 'latin1');
      text = '';
    }
    await file.write(text, null, 'latin1');
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
