import { GRAINS } from '../calendar.ts';

export const TOTAL_ROWS = 'total_rows';
export const SHARE = 'share_pct';
export const OF_TOTAL = 'of_total';
export const PREVIOUS = 'previous';
export const GROWTH = 'growth_pct';

/** Names that answers use for columns of their own. */
export const COLUMN_NAMES: readonly string[] = [...GRAINS, TOTAL_ROWS, SHARE, OF_TOTAL, PREVIOUS, GROWTH];

/** The column that counts rows is named after them. */
export const countName = ({ many }: { readonly many: string }) => many.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
