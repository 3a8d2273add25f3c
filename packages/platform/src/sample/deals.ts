/** A deal of the demo company, as the column names of the table. */
export interface Deal {
  readonly id: number;
  readonly region: Region;
  readonly customer: string;
  readonly rep_email: string;
  readonly product: string;
  readonly stage: string;
  readonly amount: number;
  readonly margin_pct: number;
  readonly closed_on: string;
}

export const REGIONS = ['WEST', 'EAST', 'NORTH', 'SOUTH'] as const;
type Region = (typeof REGIONS)[number];

const DEALS = 5000;
const FIRST_DAY = Date.UTC(2024, 9, 1);
const DAYS = 730;

const REPS: Readonly<Record<Region, readonly string[]>> = {
  WEST: ['wanda', 'wesley', 'winona'],
  EAST: ['erik', 'edith', 'emilio'],
  NORTH: ['nora', 'nils', 'naomi'],
  SOUTH: ['sofia', 'samir', 'stella'],
};

/** Fifteen customers for each region: every first word with every second word of the region. */
const CUSTOMER_WORDS: Readonly<Record<Region, readonly [readonly string[], readonly string[]]>> = {
  WEST: [
    ['Redwood', 'Pacific', 'Canyon', 'Sierra', 'Harbor'],
    ['Foods', 'Logistics', 'Textiles'],
  ],
  EAST: [
    ['Atlantic', 'Chesapeake', 'Liberty', 'Hudson', 'Lantern'],
    ['Machinery', 'Pharma', 'Publishing'],
  ],
  NORTH: [
    ['Aurora', 'Granite', 'Birch', 'Fjord', 'Polar'],
    ['Energy', 'Timber', 'Instruments'],
  ],
  SOUTH: [
    ['Magnolia', 'Delta', 'Sunbelt', 'Bayou', 'Palmetto'],
    ['Retail', 'Chemicals', 'Hotels'],
  ],
};

/** Name, usual price, usual margin. */
export const PRODUCTS = [
  ['Atlas Analytics', 48_000, 62],
  ['Beacon Monitoring', 18_000, 58],
  ['Cobalt Storage', 36_000, 34],
  ['Drift Routing', 27_000, 47],
  ['Ember Billing', 31_000, 55],
  ['Flint Sensors', 12_000, 29],
  ['Grove Planning', 42_000, 60],
  ['Harvest Forecasting', 54_000, 64],
  ['Indigo Identity', 22_000, 66],
  ['Juniper Support', 9_000, 71],
  ['Keel Compliance', 39_000, 57],
  ['Lumen Training', 6_000, 52],
] as const;

/** How often a deal ends here. */
const STAGES = [
  ['prospect', 0.15],
  ['qualified', 0.15],
  ['proposal', 0.15],
  ['won', 0.38],
  ['lost', 0.17],
] as const;

/** The same five thousand deals on every machine and at any time. */
export function sampleDeals(): readonly Deal[] {
  const random = seeded(20_241_001);
  return Array.from({ length: DEALS }, (_, index) => deal(index + 1, random));
}

function deal(id: number, random: () => number): Deal {
  const region = pick(REGIONS, random);
  const [first, second] = CUSTOMER_WORDS[region];
  const [product, price, margin] = pick(PRODUCTS, random);
  return {
    id,
    region,
    customer: `${pick(first, random)} ${pick(second, random)}`,
    rep_email: `${pick(REPS[region], random)}@northwind.example`,
    product,
    stage: stageAt(random()),
    amount: Math.round(price * (0.4 + random() * 1.8) * 100) / 100,
    margin_pct: Math.round((margin - 12 + random() * 24) * 100) / 100,
    closed_on: new Date(FIRST_DAY + Math.floor(random() * DAYS) * 86_400_000).toISOString().slice(0, 10),
  };
}

function stageAt(point: number): string {
  let sum = 0;
  for (const [stage, share] of STAGES) {
    sum += share;
    if (point < sum) return stage;
  }
  return 'lost';
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** mulberry32: small, and the same everywhere. It hides nothing, so it need not be strong. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
