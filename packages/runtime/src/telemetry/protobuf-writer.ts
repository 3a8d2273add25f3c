const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

const NIBBLE = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) NIBBLE[digit.toString(16).charCodeAt(0)] = digit;

/** More than a number, a tag or a length takes. */
const FEW = 16;

/** Fields of protobuf messages, written in one pass: the length of a message, known at its end, has four bytes whatever it is. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #at = 0;

  /** What was written since the last time. */
  take(): Buffer {
    const written = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return written;
  }

  get length(): number {
    return this.#at;
  }

  truncate(length: number): void {
    this.#at = length;
  }

  /** Begins a message. What it answers is for `close`. */
  open(field: number): number {
    this.#tag(field, LENGTH_DELIMITED);
    this.#at += 4;
    return this.#at;
  }

  close(start: number): void {
    const length = this.#at - start;
    const bytes = this.#bytes;
    bytes[start - 4] = (length & 0x7f) | 0x80;
    bytes[start - 3] = ((length >>> 7) & 0x7f) | 0x80;
    bytes[start - 2] = ((length >>> 14) & 0x7f) | 0x80;
    bytes[start - 1] = length >>> 21;
  }

  text(field: number, text: string): void {
    this.#reserve(text.length * 3 + FEW);
    this.#tag(field, LENGTH_DELIMITED);
    if (this.#shortAscii(text)) return;
    this.#varint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** The bytes that these digits write, fewer than 128. */
  hex(field: number, digits: string): void {
    this.#tag(field, LENGTH_DELIMITED);
    this.#reserve(digits.length);
    const bytes = this.#bytes;
    bytes[this.#at] = digits.length / 2;
    this.#at += 1;
    for (let index = 0; index < digits.length; index += 2) {
      bytes[this.#at] = ((NIBBLE[digits.charCodeAt(index)] ?? 0) << 4) | (NIBBLE[digits.charCodeAt(index + 1)] ?? 0);
      this.#at += 1;
    }
  }

  /** Of at least 0. */
  integer(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED_64);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED_32);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  fixed64(field: number, { high, low }: { readonly high: number; readonly low: number }): void {
    this.#tag(field, FIXED_64);
    this.#at = this.#bytes.writeUInt32LE(low, this.#at);
    this.#at = this.#bytes.writeUInt32LE(high, this.#at);
  }

  /** Most texts are. Letter by letter they are written in less than a call of C++ takes. */
  #shortAscii(text: string): boolean {
    if (text.length > 0x7f) return false;
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[start + index] = code;
    }
    bytes[this.#at] = text.length;
    this.#at = start + text.length;
    return true;
  }

  #tag(field: number, wireType: number): void {
    this.#reserve(FEW);
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at] = (rest % 0x80) + 0x80;
      this.#at += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at] = rest;
    this.#at += 1;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe((this.#bytes.length + length) * 2);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
