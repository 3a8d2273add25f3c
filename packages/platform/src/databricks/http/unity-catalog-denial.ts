/** Whether the words are Unity Catalog's for "you have no right to that". */
export function deniedByUnityCatalog(message: string): boolean {
  return /\[INSUFFICIENT_PERMISSIONS\b|\bSQLSTATE: 42501\b|\bUser does not have [A-Z_ ]+ on \w+/.test(message);
}
