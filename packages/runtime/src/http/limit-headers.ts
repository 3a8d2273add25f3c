import { HttpRefusal } from './http-refusal.ts';
import type { RequestCheck } from './request-check.ts';

const FIELDS_MAX = 100;

/** Node's own `maxHeadersCount` drops the fields beyond it in silence; here they are refused. */
export const limitHeaders: RequestCheck = ({ rawHeaders }) => {
  if (rawHeaders.length / 2 > FIELDS_MAX) throw new HttpRefusal(431, `more than ${FIELDS_MAX} header fields`);
};
