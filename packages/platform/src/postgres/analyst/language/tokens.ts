export interface Token {
  readonly kind: 'word' | 'number' | 'day' | 'month' | 'quoted' | 'symbol';
  /** As a vocabulary writes it: lower case. */
  readonly text: string;
  /** As it was typed. */
  readonly typed: string;
  /** Of a number: its value, and what was written around it. */
  readonly value?: number;
  readonly mark?: 'percent' | 'amount' | 'ordinal' | undefined;
}

const SCALES: Record<string, number> = {
  '': 1,
  st: 1,
  nd: 1,
  rd: 1,
  th: 1,
  k: 1e3,
  m: 1e6,
  mn: 1e6,
  mm: 1e6,
  mio: 1e6,
  b: 1e9,
  bn: 1e9,
};

const ORDINALS: readonly string[] = ['st', 'nd', 'rd', 'th'];

/**
 * One alternative per kind of token. No quantifier stands inside another one, and what could run on without a result is bounded, so that
 * reading takes time in proportion to the text.
 */
const TOKEN = new RegExp(
  [
    String.raw`(?<day>\d{4}-\d{2}-\d{2})(?![\d-])`,
    String.raw`(?<month>\d{4}-\d{2})(?![\d-])`,
    String.raw`(?<email>[\p{L}\d._%+-]{1,64}@[\p{L}\d.-]{1,190}[\p{L}\d])(?:'s)?`,
    String.raw`(?<money>[$\u20ac\u00a3]) ?(?=\d)|(?<number>\d{1,15}(?:,\d{3}){0,4}(?:\.\d{1,6})?)(?<suffix>\p{L}{0,4})(?<percent> ?%)?(?![\p{L}\d])(?:'s)?`,
    String.raw`"(?<quoted>[^"]{1,200})"|(?<![\p{L}\d])'(?<single>[^']{1,200})'(?![\p{L}\d])`,
    String.raw`(?<word>[\p{L}\d][\p{L}\p{M}\d_]*(?:'\p{L}+)?)`,
    String.raw`(?<dash>[-\u2013\u2014])`,
    String.raw`(?<operator>[<>]=?|=|!=|\u2265|\u2264)`,
    String.raw`(?<space>[\s.?!:()]+)`,
    String.raw`(?<symbol>.)`,
  ].join('|'),
  'gsu',
);

/** The question's words, numbers, days and signs, in order. Full stops, brackets and the like mean nothing and are left out. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let money = false;
  for (const match of text.matchAll(TOKEN)) {
    const found = tokenOf(match.groups ?? {}, { money, text, at: match.index });
    money = match.groups?.['money'] !== undefined;
    tokens.push(...found);
  }
  return tokens;
}

type Groups = Record<string, string | undefined>;
interface Place {
  readonly money: boolean;
  readonly text: string;
  readonly at: number;
}

function tokenOf(groups: Groups, place: Place): readonly Token[] {
  if (groups['number'] !== undefined) return [numberToken(groups, place.money)];
  if (groups['word'] !== undefined) return wordsOf(groups['word']);
  if (groups['dash'] !== undefined) return dash(place);
  const found = PLAIN.find(([name]) => groups[name] !== undefined);
  if (found === undefined) return [];
  const [name, kind] = found;
  return [plain(kind, (groups[name] ?? '').trim())];
}

/** What is one token as it stands. */
const PLAIN: readonly (readonly [group: string, kind: Token['kind']])[] = [
  ['day', 'day'],
  ['month', 'month'],
  ['email', 'word'],
  ['quoted', 'quoted'],
  ['single', 'quoted'],
  ['operator', 'symbol'],
  ['symbol', 'symbol'],
];

/** Not "one", which is a pronoun as well. */
const NUMBER_WORDS: Record<string, number> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  fifty: 50,
};

const plain = (kind: Token['kind'], typed: string): Token => ({ kind, text: typed.toLowerCase(), typed });

function numberToken(groups: Groups, money: boolean): Token {
  const { number = '', suffix = '', percent = '' } = groups;
  const typed = `${number}${suffix}${percent}`;
  const unit = suffix.toLowerCase();
  const scale = Object.hasOwn(SCALES, unit) ? SCALES[unit] : undefined;
  if (scale === undefined) return plain('word', typed);
  const value = Number((Number(number.replaceAll(',', '')) * scale).toPrecision(15));
  const amount = money || scale !== 1 || number.includes(',');
  return {
    kind: 'number',
    text: typed.toLowerCase(),
    typed,
    value,
    mark: percent === '' ? markOf(unit, amount) : 'percent',
  };
}

function markOf(unit: string, amount: boolean): Token['mark'] {
  if (ORDINALS.includes(unit)) return 'ordinal';
  return amount ? 'amount' : undefined;
}

/** `what's`, `Wanda's` and `isn't` are two words, or one and an ending. */
function wordsOf(typed: string): readonly Token[] {
  const [stem = typed, ending] = typed.split("'");
  const counted = Object.hasOwn(NUMBER_WORDS, stem.toLowerCase()) ? NUMBER_WORDS[stem.toLowerCase()] : undefined;
  if (counted !== undefined) return [{ ...plain('number', typed), value: counted }];
  if (ending === undefined) return [plain('word', typed)];
  if (ending.toLowerCase() !== 't') return [plain('word', stem)];
  const verb = stem.toLowerCase().replace(/n$/, '');
  return [plain('word', verb === '' ? stem : verb), plain('word', 'not')];
}

/** A dash between two values says "to". Before a number alone it is a sign, which no question needs. Elsewhere it joins words. */
function dash({ text, at }: Place): readonly Token[] {
  const [before, after] = [text.charAt(at - 1), text.charAt(at + 1)];
  const spaced = before === ' ' && after === ' ';
  const value = spaced ? text.slice(Math.max(0, at - 3), at - 1) : before;
  const joins = /\d\p{L}?$/u.test(value) && (spaced || DIGIT.test(after));
  if (joins) return [{ kind: 'word', text: 'to', typed: '-' }];
  return before === ' ' && DIGIT.test(after) ? [plain('symbol', '-')] : [];
}

const DIGIT = /\d/;
