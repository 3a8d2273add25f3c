/** The demo's people. Pure data: the providers sign these in, tests compare with it, `npm start` prints it. */
export const PEOPLE: readonly Person[] = [
  {
    idp: 'northwind',
    email: 'wanda@northwind.example',
    name: 'Wanda Weiss',
    subject: 'auth0|6622f0b1c4d58e0012a7f301',
    claims: { 'https://northwind.example/roles': ['west-reps'] },
    role: 'west_sales',
  },
  {
    idp: 'northwind',
    email: 'erik@northwind.example',
    name: 'Erik Ekholm',
    subject: 'auth0|6622f0b1c4d58e0012a7f302',
    claims: { 'https://northwind.example/roles': ['east-reps'] },
    role: 'east_sales',
  },
  {
    idp: 'fabrikam',
    email: 'mona@fabrikam.example',
    name: 'Mona Marchetti',
    subject: '00u9k2m4xqTfR7wZb5d7',
    claims: { groups: ['Everyone', 'sales-managers'] },
    role: 'managers',
  },
  {
    idp: 'fabrikam',
    email: 'felix@fabrikam.example',
    name: 'Felix Fontaine',
    subject: '00u9k2m5hyLpN3vCa5d7',
    claims: { groups: ['Everyone', 'finance-office'] },
    role: 'finance',
  },
  {
    idp: 'contoso',
    email: 'elena@contoso.example',
    name: 'Elena Eriksson',
    subject: '1c8f2f6e-0a5d-4c39-b7e4-6d2a9f0b3e11',
    claims: { roles: ['Causeway.Executive'] },
    role: 'executive',
  },
  {
    idp: 'contoso',
    email: 'ada@contoso.example',
    name: 'Ada Abbott',
    subject: '2d9a3b7f-1b6e-4d4a-a8f5-7e3bae1c4f22',
    claims: { roles: ['Causeway.Admin'] },
    role: 'admin',
  },
  {
    idp: 'contoso',
    email: 'noah@contoso.example',
    name: 'Noah Nilsen',
    subject: '3ea04c80-2c7f-4e5b-99a6-8f4cbf2d5033',
    claims: { roles: ['Causeway.Visitor'] },
    role: null,
  },
  {
    idp: 'workspace',
    email: 'olivia@causeway.example',
    name: 'Olivia Okafor',
    subject: 'olivia@causeway.example',
    claims: { groups: ['finance'] },
    role: 'finance',
  },
  {
    idp: 'workspace',
    email: 'omar@causeway.example',
    name: 'Omar Osman',
    subject: 'omar@causeway.example',
    claims: { groups: ['west_sales'] },
    role: 'west_sales',
  },
];

/** `workspace` is the platform's own issuer, the others are partner companies. */
export const IDP_IDS = ['northwind', 'fabrikam', 'contoso', 'workspace'] as const;

export type IdpId = (typeof IDP_IDS)[number];

export interface Person {
  readonly idp: IdpId;
  readonly email: string;
  readonly name: string;
  /** What never changes for this person in that product: Auth0 `user_id`, Okta user id, Entra object id, workspace user name. */
  readonly subject: string;
  /** What the provider's administrator gave the person, under the claim name in which its tokens carry it. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** What the demo policy makes of it: the role, or in the workspace the group. `null` is nobody we know. */
  readonly role: string | null;
}
