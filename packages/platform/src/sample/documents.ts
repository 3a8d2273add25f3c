import { FINANCE_PAGES, EXECUTIVE_PAGES, MANAGER_PAGES } from './restricted-pages.ts';
import { PLAYBOOK_PAGES, POLICY_PAGES } from './open-pages.ts';
import { productPages } from './product-pages.ts';

type Audience = 'everyone' | 'managers' | 'finance' | 'executive';

/** A page of the demo company's knowledge base, as the column names of the table. */
export interface Document {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly source: string;
  readonly audience: Audience;
}

/** Title and text; the rest follows from the collection it is in. */
export type Page = readonly [title: string, body: string];

export function sampleDocuments(): readonly Document[] {
  const products = productPages();
  return [
    ...collection('playbook', 'everyone', PLAYBOOK_PAGES),
    ...collection('policy', 'everyone', POLICY_PAGES),
    ...collection('product', 'everyone', products.overview),
    ...collection('pricing', 'managers', products.pricing),
    ...collection('management', 'managers', MANAGER_PAGES),
    ...collection('finance', 'finance', FINANCE_PAGES),
    ...collection('board', 'executive', EXECUTIVE_PAGES),
  ];
}

function collection(source: string, audience: Audience, pages: readonly Page[]): readonly Document[] {
  return pages.map(([title, body]) => ({ id: `${source}-${slug(title)}`, title, body, source, audience }));
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
