import { PRODUCTS } from './deals.ts';
import type { Page } from './documents.ts';

/** What each product does, for whom, and the objection that is heard most. */
const FACTS: Readonly<Record<string, readonly [what: string, buyer: string, objection: string]>> = {
  'Atlas Analytics': [
    'gathers sales, stock and web figures into one model and answers questions about them in plain language',
    'a head of data or a sales operations lead',
    'They already own a dashboard tool. Show how long a new question takes there, and how long it takes here.',
  ],
  'Beacon Monitoring': [
    'watches machines, services and network links and tells the person on call what changed first',
    'an operations manager with at least two sites',
    'Too many alarms elsewhere. Offer the two week trial with alarm grouping switched on.',
  ],
  'Cobalt Storage': [
    'keeps files and backups on hardware at the customer’s own site with a copy in a second region',
    'an infrastructure lead who must keep data in the country',
    'Public cloud looks cheaper. Count the cost of reading the data back, which is where the difference lies.',
  ],
  'Drift Routing': [
    'plans delivery tours for up to four hundred vehicles and replans them when traffic or orders change',
    'a logistics director',
    'Drivers know the roads. Run both plans for a week and compare kilometres and missed windows.',
  ],
  'Ember Billing': [
    'turns usage records into invoices, with dunning, credit notes and tax rules for thirty countries',
    'a finance lead at a company that charges by use',
    'Migration seems risky. Start with one product line and bill in parallel for two cycles.',
  ],
  'Flint Sensors': [
    'measures temperature, vibration and humidity and reports over a mesh network that needs no cabling',
    'a plant engineer',
    'Battery life. Quote the measured figure, four years at one reading per minute, and not the laboratory one.',
  ],
  'Grove Planning': [
    'plans headcount, shifts and projects in one calendar and shows where two plans collide',
    'a chief of staff or a head of people',
    'Spreadsheets are free. Ask how the last reorganisation was planned and how many versions there were.',
  ],
  'Harvest Forecasting': [
    'predicts demand per article and week, and says how sure it is and why the figure moved',
    'a supply chain director in retail or food',
    'Forecasts were wrong before. Show the error bands on the customer’s own last year.',
  ],
  'Indigo Identity': [
    'signs employees and partners in with one account and removes access within a minute of leaving',
    'a security lead',
    'They have a directory. Indigo uses it; it replaces the dozen separate logins beside it.',
  ],
  'Juniper Support': [
    'adds a named support engineer, a one hour response and a yearly health check to any product',
    'anybody who bought three products or more',
    'They never needed it. Point to the health check, which pays for the package by itself most years.',
  ],
  'Keel Compliance': [
    'collects the evidence for audits from the systems where it arises and keeps it unchanged for ten years',
    'a compliance officer in pharma, energy or finance',
    'The auditor must accept it. Give them the list of audits that were passed with it.',
  ],
  'Lumen Training': [
    'teaches administrators and users in small groups, on the customer’s own data, in person or remote',
    'the project lead of a roll-out',
    'No time. The short form is two half days, and can be booked a year ahead.',
  ],
};

/** A page that everybody reads, and one with the price limits for those who approve discounts. */
export function productPages(): { readonly overview: readonly Page[]; readonly pricing: readonly Page[] } {
  return {
    overview: PRODUCTS.map(([name, price]) => overview(name, price)),
    pricing: PRODUCTS.map(([name, price, margin]) => pricing(name, price, margin)),
  };
}

function overview(name: string, price: number): Page {
  const [what = '', buyer = '', objection = ''] = FACTS[name] ?? [];
  return [
    `${name} product page`,
    `${name} ${what}. The usual buyer is ${buyer}.\n\nThe list price begins at ${price.toLocaleString('en-US')} dollars a year. ` +
      `Implementation takes between two and six weeks, depending on how many systems are connected.\n\nThe objection heard most: ${objection}`,
  ];
}

function pricing(name: string, price: number, margin: number): Page {
  const floor = Math.round(price * 0.72);
  return [
    `${name} price limits`,
    `Managers may approve ${name} down to ${floor.toLocaleString('en-US')} dollars a year. Below that the deal desk decides, ` +
      `and it wants to know which competitor was quoted.\n\nPlan with a margin of about ${margin} percent. A multi-year contract may give up ` +
      `at most five points of it, and never together with free training.`,
  ];
}
