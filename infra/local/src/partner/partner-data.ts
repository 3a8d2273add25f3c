/** What the demo partner has: a few repositories with issues and files, and orders. */
export interface Repository {
  readonly fullName: string;
  readonly description: string;
  readonly language: string;
  readonly stars: number;
  readonly topics: readonly string[];
  readonly issues: readonly Issue[];
  readonly files: readonly SourceFile[];
}

interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly labels: readonly string[];
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly status: 'received' | 'packed' | 'shipped' | 'delivered';
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly created_at: string;
}

export const REPOSITORIES: readonly Repository[] = [
  {
    fullName: 'northwind/route-planner',
    description: 'Plans delivery routes over a road graph with time windows.',
    language: 'TypeScript',
    stars: 412,
    topics: ['logistics', 'routing'],
    issues: [
      {
        number: 17,
        title: 'Route planner ignores the lunch break of a driver',
        body: 'The time window of a break is not part of the cost.',
        state: 'open',
        labels: ['bug'],
      },
      {
        number: 21,
        title: 'Support ferries in the road graph',
        body: 'Ferries run on a timetable.',
        state: 'closed',
        labels: ['enhancement'],
      },
    ],
    files: [
      { path: 'src/plan-route.ts', text: 'export function planRoute(graph: RoadGraph, stops: Stop[]): Route {' },
      { path: 'src/time-window.ts', text: 'export interface TimeWindow { opens: Date; closes: Date }' },
    ],
  },
  {
    fullName: 'northwind/warehouse-labels',
    description: 'Prints shelf and parcel labels with barcodes.',
    language: 'Python',
    stars: 58,
    topics: ['barcode', 'printing'],
    issues: [
      {
        number: 4,
        title: 'Barcode is cut off on narrow labels',
        body: 'Labels of 38 mm lose the last digit.',
        state: 'open',
        labels: ['bug', 'printing'],
      },
    ],
    files: [{ path: 'labels/barcode.py', text: 'def encode_barcode(text: str) -> bytes:' }],
  },
  {
    fullName: 'fabrikam/pricing-model',
    description: 'Margin and discount model for the sales team.',
    language: 'Python',
    stars: 133,
    topics: ['pricing', 'sales'],
    issues: [
      {
        number: 9,
        title: 'Discount is applied twice on renewals',
        body: 'A renewal with a discount gets it from the deal and from the customer.',
        state: 'open',
        labels: ['bug', 'pricing'],
      },
    ],
    files: [{ path: 'model/discount.py', text: 'def discount(deal: Deal, customer: Customer) -> Decimal:' }],
  },
  {
    fullName: 'fabrikam/sales-dashboard',
    description: 'Sales by region, drawn for a large screen.',
    language: 'TypeScript',
    stars: 87,
    topics: ['dashboard', 'sales'],
    issues: [
      {
        number: 30,
        title: 'Region SOUTH is missing in the legend',
        body: 'The legend has three entries, the chart four.',
        state: 'closed',
        labels: ['bug'],
      },
    ],
    files: [{ path: 'src/region-chart.ts', text: 'export const REGIONS = ["WEST", "EAST", "NORTH", "SOUTH"];' }],
  },
  {
    fullName: 'contoso/identity-samples',
    description: 'Samples for token exchange and sign-in with an identity provider.',
    language: 'Go',
    stars: 1024,
    topics: ['identity', 'oauth'],
    issues: [
      {
        number: 52,
        title: 'Token exchange sample lacks the actor token',
        body: 'RFC 8693 section 2.1 names it.',
        state: 'open',
        labels: ['documentation'],
      },
    ],
    files: [
      { path: 'exchange/main.go', text: 'func exchange(ctx context.Context, subjectToken string) (string, error) {' },
    ],
  },
];

export const ORDERS: readonly Order[] = [
  {
    id: 'ord-1001',
    customer: 'Harbor Foods',
    status: 'delivered',
    items: [{ sku: 'PALLET-80', quantity: 12 }],
    created_at: '2026-03-02T09:15:00Z',
  },
  {
    id: 'ord-1002',
    customer: 'Alpine Outfitters',
    status: 'shipped',
    items: [
      { sku: 'CRATE-40', quantity: 4 },
      { sku: 'STRAP-5M', quantity: 20 },
    ],
    created_at: '2026-03-05T14:40:00Z',
  },
  {
    id: 'ord-1003',
    customer: 'Harbor Foods',
    status: 'packed',
    items: [{ sku: 'PALLET-120', quantity: 6 }],
    created_at: '2026-03-09T07:05:00Z',
  },
  {
    id: 'ord-1004',
    customer: 'City Print',
    status: 'received',
    items: [{ sku: 'LABEL-38', quantity: 500 }],
    created_at: '2026-03-11T16:30:00Z',
  },
];
