import type { Page } from './documents.ts';

export const PLAYBOOK_PAGES: readonly Page[] = [
  [
    'Preparing a discovery call',
    'Read the customer’s last annual report and the notes of the previous owner of the account before you call. Write down three things that you do not know yet, and make them your first questions.\n\nA discovery call is not a demonstration. If you have talked for more than a third of the time, book a second call.',
  ],
  [
    'Qualifying an opportunity',
    'An opportunity is qualified when four things are known: the problem in the customer’s own words, who pays, who decides, and what happens if nothing is done. Anything less stays a prospect.\n\nMove a deal back when one of the four turns out to be wrong. Nobody is blamed for a smaller pipeline that is true.',
  ],
  [
    'Writing a proposal',
    'A proposal has five pages: the problem, the outcome, the plan, the price, the people. Send it within two working days after the meeting in which it was asked for.\n\nPut the price in one table with one total. A customer who has to add up numbers finds other numbers.',
  ],
  [
    'Handling a price objection',
    'Ask what the price is compared with before you answer it. Often it is last year’s budget and not a competitor.\n\nTake something out rather than lowering the price: fewer sites, a later start, training in the second year. A discount without anything in return teaches the customer to ask again.',
  ],
  [
    'Running a pilot',
    'Agree in writing what success looks like, who measures it and on which day the pilot ends. Six weeks is enough for every product except Harvest Forecasting, which needs one full season.\n\nA pilot without an agreed end is a free subscription.',
  ],
  [
    'Closing the quarter',
    'Deals that should close this quarter are reviewed every Tuesday in its last month. Bring the next step, its date and the name of the person who takes it.\n\nDo not ask for a signature in the last week with a discount that ends at midnight. It works once.',
  ],
  [
    'Handing over to delivery',
    'Within three days after a deal is won, the seller, the project lead and the customer meet for an hour. The proposal is read aloud, line by line, and everything that was promised by word of mouth is written beside it.\n\nThe seller stays the contact for the first thirty days.',
  ],
  [
    'Learning from lost deals',
    'Call the customer two weeks after a lost deal and ask one question: what would have had to be different? Record the answer in the account, in their words.\n\nPrice is named in half of these calls and turns out to be the reason in one of ten.',
  ],
  [
    'Working with partners',
    'A partner who brings a deal owns the relationship; we own the product. Agree before the first joint meeting who presents what, and who sends the proposal.\n\nPartners sign in with their own company’s account and see the data of their own region only.',
  ],
  [
    'Territories and account ownership',
    'Accounts belong to the region of their headquarters: WEST, EAST, NORTH or SOUTH. A subsidiary follows its parent, unless both regional leads agree otherwise in writing.\n\nDisputes are settled by the regional leads within a week, and afterwards by the sales manager.',
  ],
  [
    'Keeping the pipeline clean',
    'Every open deal has a next step with a date in the future. Deals without one are listed on Monday, and closed as lost the Monday after.\n\nAmounts are what the customer was told, not what you hope for.',
  ],
  [
    'Selling to the public sector',
    'Tenders are answered by the bid team; a seller who receives one forwards it the same day. Do not speak with the authority about the tender after it is published.\n\nReferences must be of the last three years and of a similar size.',
  ],
  [
    'Renewals',
    'Start the renewal ninety days before the contract ends with a look at what was really used. A customer who uses less than half of what they pay for is told so by us, before they find out.\n\nOffer the smaller plan yourself. They come back.',
  ],
];

export const POLICY_PAGES: readonly Page[] = [
  [
    'Travel and expenses',
    'Trains are booked second class up to three hours and first class beyond. Flights inside the country need a reason. Hotels cost at most 160 dollars a night, 220 in a capital.\n\nReceipts are handed in within thirty days. Meals with customers need the names of everybody at the table.',
  ],
  [
    'Gifts and invitations',
    'Gifts up to 40 dollars may be given and taken. Anything above is declined with thanks, or handed to the front office if declining would offend.\n\nPublic officials get nothing, not even coffee that we pay for.',
  ],
  [
    'Handling customer data',
    'Customer data stays in the systems that were approved for it. Do not copy it to your own laptop, to a chat or to a spreadsheet that is sent by mail.\n\nIf you believe that data went where it should not, tell the security team within the hour. Nobody is punished for a report.',
  ],
  [
    'Discount approval',
    'Sellers may give up to ten percent. Regional managers decide up to twenty-eight percent, the deal desk beyond that. Every discount is recorded with the reason.\n\nFree months, free training and longer payment terms count as discounts.',
  ],
  [
    'Remote work',
    'You may work from home as many days as your team agrees on. Working from another country needs approval in advance, because of tax and insurance, and is limited to thirty days a year.',
  ],
  [
    'Conflict of interest',
    'Tell your manager when you, or somebody close to you, has a stake in a customer, a supplier or a competitor. In most cases somebody else takes over the account and that is all.',
  ],
  [
    'Acceptable use of assistants',
    'Assistants that work for you see what you may see and nothing more. You answer for what you send out, whoever drafted it.\n\nDo not paste contracts, prices of single customers or personal data into tools that the company has not approved.',
  ],
  [
    'Information security basics',
    'Lock your screen. Use the password manager. Approve a sign-in only when you started it yourself; if a request comes out of the blue, decline it and call the service desk.',
  ],
  [
    'Parental leave',
    'Both parents have twenty weeks of paid leave, to be taken within two years after the birth or adoption. Tell your manager three months ahead where that is possible.',
  ],
  [
    'Signing authority',
    'Contracts are signed by two people. Up to 100,000 dollars these are the seller’s manager and the regional lead, beyond that the sales manager and finance.\n\nNobody signs for a company they are not named for in the register.',
  ],
];
