import type { Page } from './documents.ts';

export const MANAGER_PAGES: readonly Page[] = [
  [
    'Regional plan WEST',
    'WEST grows by replacing older routing and storage contracts in food and logistics. Two open positions are filled by March; until then Wanda covers the harbor accounts.\n\nThe risk is one customer with a sixth of the region’s revenue, whose contract ends in the autumn.',
  ],
  [
    'Regional plan EAST',
    'EAST depends on pharma, where Keel Compliance opens the door and Atlas Analytics follows. Erik leads the three largest renewals himself.\n\nPublishing shrinks; do not add people there.',
  ],
  [
    'Regional plan NORTH',
    'NORTH sells Flint Sensors and Beacon Monitoring together to energy companies. Winter is the selling season, summer the one for installation.\n\nThe margin on sensors is thin, so the package must include monitoring.',
  ],
  [
    'Regional plan SOUTH',
    'SOUTH builds up retail with Harvest Forecasting. Four pilots run now, and two of them must become contracts for the plan to hold.',
  ],
  [
    'Performance reviews',
    'Reviews take place in January and July. Rate against the goals that were written down, not against the colleague at the next desk. Ratings stay between the two of you and your own manager.',
  ],
  [
    'Commission plan',
    'Sellers earn six percent on new business and two percent on renewals. Above the yearly target the rate doubles. Deals with a margin below thirty percent count for half.\n\nManagers do not discuss single payouts with anybody but the person and finance.',
  ],
];

export const FINANCE_PAGES: readonly Page[] = [
  [
    'Revenue recognition',
    'Subscriptions are recognised by the day over their term, implementation when the customer has accepted it, hardware on delivery. A side letter changes all of that: send every one of them to finance before it is signed.',
  ],
  [
    'Margin reporting',
    'Margin is reported per deal after support and implementation, in percent of the amount. It is shown to finance, executives and administrators only, because single margins tell a customer where our price could go.',
  ],
  [
    'Quarter close calendar',
    'Day one: cut-off of orders. Day two: accruals. Day four: review with the regional leads. Day six: consolidated figures to the board. Late orders wait for the next quarter, whoever asks.',
  ],
  [
    'Credit limits',
    'New customers get a limit of 50,000 dollars until their first two invoices are paid. Three customers in SOUTH are on prepayment; the list is with accounts receivable.',
  ],
  [
    'Currency and hedging',
    'Contracts are in dollars or euros. Euro contracts above 250,000 are hedged for a year at signature. Sellers do not promise a rate.',
  ],
];

export const EXECUTIVE_PAGES: readonly Page[] = [
  [
    'Price strategy for next year',
    'List prices rise by four percent in January, Cobalt Storage by nine. Existing customers keep their price for twelve months if they renew before December. Not to be mentioned outside this circle before the first of November.',
  ],
  [
    'Project Lighthouse',
    'We are in talks to buy a maker of monitoring software. The price range was approved by the board; a letter of intent is expected in the second quarter. Only the people on the list may know.',
  ],
  [
    'Board summary',
    'Revenue is four percent ahead of plan, margin one point behind because of hardware. The board asked for a plan to leave the sensor business or to make it profitable within four quarters.',
  ],
  [
    'Organisation after the merger',
    'The four regions become two, led by the present leads of WEST and EAST. NORTH and SOUTH keep their offices. Announcement together with the yearly figures.',
  ],
];
