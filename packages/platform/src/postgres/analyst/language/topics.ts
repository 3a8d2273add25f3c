/** What the analyst is often asked and cannot do, and what it says then. */
export const TOPICS: Readonly<Record<string, { readonly words: string; readonly text: string }>> = {
  forecast: {
    words:
      'forecast, forecasts, forecasting, predict, prediction, predictions, projection, project, projected, will, going to, expect, expected, estimate, outlook, likely, probability',
    text: 'I cannot forecast: I only read what is recorded.',
  },
  advice: {
    words:
      'should, why, recommend, recommendation, advise, advice, suggest, improve, explain, reason, reasons, strategy, opinion, think, cause, because, how do i, how do we, how can, how should, what if',
    text: 'I cannot explain or advise: I only total, count, compare and list what is recorded.',
  },
  mine: {
    words: 'my, mine, myself',
    text: 'I do not know which of them are yours. Name the person, the customer or the region.',
  },
  write: {
    words:
      'delete, update, insert, create, change the, modify, edit, write, truncate, alter, grant, revoke, set, save, store, send, email, mail, export, assign, approve, rename, move, upload, execute, run',
    text: 'I only read: I cannot change, send or store anything.',
  },
  sql: {
    words:
      'select, union, join, table, tables, column, columns, schema, schemas, database, sql, query, pg_catalog, information_schema, where 1, drop table, null, cast, function, returning, copy',
    text: 'I do not take SQL: ask in plain English, and I write the statement.',
  },
  identity: {
    words:
      'role, roles, admin, administrator, superuser, root, impersonate, pretend, permission, permissions, privilege, privileges, bypass, unmask, unmasked, masked, mask, password, passwords, secret, secrets, credentials, token, instructions, prompt, system, act as, behave as, as if, you are',
    text: 'I always ask as you, and you see what your role may see. A question cannot change that.',
  },
  statistics: {
    words:
      'median, percentile, quartile, correlation, correlate, correlated, standard deviation, deviation, variance, regression, distribution, histogram, outlier, outliers, cohort, moving average, rolling average, running total, cumulative, mode',
    text: 'I know totals, counts, averages, minimum and maximum, shares and growth, and no other statistics.',
  },
  drawing: {
    words: 'chart, graph, plot, draw, dashboard, visualize, visualise, pie, diagram, map, picture, image',
    text: 'I answer with tables, not with pictures.',
  },
  paging: {
    words: 'next page, more rows, page 2, show more, more, next 10, next ones, the rest, remaining',
    text: 'I show at most 50 rows and no further pages. Ask for less, or group the answer.',
  },
};
