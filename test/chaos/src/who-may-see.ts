export type Content = Readonly<Record<string, unknown>>;

export interface Person {
  readonly email: string;
  /** `undefined` for the platform's own people. */
  readonly role: string | undefined;
  readonly regions: readonly string[];
  readonly margin: boolean;
}

const ALL = ['EAST', 'NORTH', 'SOUTH', 'WEST'];

/** Written out by hand: the test must not believe the policy. */
export const PEOPLE: readonly Person[] = [
  { email: 'wanda@northwind.example', role: 'west_sales', regions: ['WEST'], margin: false },
  { email: 'erik@northwind.example', role: 'east_sales', regions: ['EAST'], margin: false },
  { email: 'mona@fabrikam.example', role: 'managers', regions: ALL, margin: false },
  { email: 'felix@fabrikam.example', role: 'finance', regions: ALL, margin: true },
  { email: 'elena@contoso.example', role: 'executive', regions: ALL, margin: true },
  { email: 'ada@contoso.example', role: 'admin', regions: ALL, margin: true },
  { email: 'olivia@causeway.example', role: undefined, regions: ALL, margin: true },
  { email: 'omar@causeway.example', role: undefined, regions: ['WEST'], margin: false },
];

export interface Question {
  readonly tool: string;
  readonly args: object;
  /** What is wrong with the answer for this person, who may see these regions. */
  readonly problem: (content: Content, person: Person, regions: readonly string[]) => string | undefined;
}

type Rows = readonly { readonly region: string; readonly margin_pct?: number | null }[];

const foreignRow = (content: Content, regions: readonly string[]) => {
  const found = (content['rows'] as Rows).find(({ region }) => !regions.includes(region));
  return found === undefined ? undefined : `a foreign row: ${found.region}`;
};

const QUESTIONS: readonly Question[] = [
  {
    tool: 'check_identity',
    args: {},
    problem: ({ human, principal }, { email, role }) => {
      const found = (human as { email: string }).email;
      const foundRole = (principal as { role: string | null }).role;
      if (found !== email) return `somebody else’s name: ${found}`;
      return role === undefined || foundRole === role ? undefined : `another role: ${foundRole}`;
    },
  },
  {
    tool: 'query_sales_data',
    args: { limit: 20 },
    problem: (content, { margin }, regions) => {
      const isRight = (content['rows'] as Rows).every((row) => (row.margin_pct !== null) === margin);
      return foreignRow(content, regions) ?? (isRight ? undefined : 'a margin');
    },
  },
  { tool: 'get_region_summary', args: {}, problem: (content, _, regions) => foreignRow(content, regions) },
  {
    tool: 'genie_query',
    args: { question: 'revenue by region' },
    problem: (content, _, regions) => foreignRow(content, regions),
  },
  {
    tool: 'query_sales_data',
    args: { limit: 5, order_by: 'closed_on' },
    problem: (content, _, regions) => foreignRow(content, regions),
  },
  { tool: 'query_knowledge_base', args: { query: 'discount' }, problem: () => undefined },
];

export const questionAt = (n: number): Question => QUESTIONS[n % QUESTIONS.length] as Question;
