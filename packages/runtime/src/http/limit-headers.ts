import type { RequestHandler } from 'express';
import { HttpRefusal } from './http-refusal.ts';

const FIELDS_MAX = 100;

/** Node's own `maxHeadersCount` drops the fields beyond it in silence; here they are refused. */
export const limitHeaders: RequestHandler = ({ rawHeaders }, _response, next) => {
  if (rawHeaders.length / 2 > FIELDS_MAX) throw new HttpRefusal(431, `more than ${FIELDS_MAX} header fields`);
  next();
};
