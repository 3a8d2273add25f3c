import pg from 'pg';

/** A column of the manifest. */
interface ManifestColumn {
  readonly name: string;
  readonly type_text: string;
  readonly type_name: string;
  readonly position: number;
  readonly type_precision?: number;
  readonly type_scale?: number;
}

interface ColumnType {
  readonly name: string;
  readonly text: string;
  /** From the engine's text to the API's. */
  readonly write: (text: string) => string;
}

const { builtins } = pg.types;
/** What a function that gives nothing gives; the driver has no name for it. */
const VOID = 2278;
const NUMERIC: number = builtins.NUMERIC;
const same = (text: string) => text;
const plain = (name: string, text = name): ColumnType => ({ name, text, write: same });

/** The session's DateStyle is ISO and its zone UTC; the API writes ISO 8601. */
const timestamp = (text: string) => text.replace(' ', 'T').replace(/\+00$/, 'Z');

/** The driver has no names for array types. */
const ARRAYS = new Map([
  [1000, 'BOOLEAN'],
  [1003, 'STRING'],
  [1005, 'SMALLINT'],
  [1007, 'INT'],
  [1009, 'STRING'],
  [1015, 'STRING'],
  [1016, 'BIGINT'],
  [1022, 'DOUBLE'],
]);
const parserOf = pg.types.getTypeParser as (type: number) => (text: string) => unknown;

const TYPES = new Map<number, ColumnType>([
  [builtins.BOOL, { ...plain('BOOLEAN'), write: (text) => (text === 't' ? 'true' : 'false') }],
  [builtins.INT2, plain('SHORT', 'SMALLINT')],
  [builtins.INT4, plain('INT')],
  [builtins.INT8, plain('LONG', 'BIGINT')],
  [builtins.OID, plain('LONG', 'BIGINT')],
  [builtins.FLOAT4, plain('FLOAT')],
  [builtins.FLOAT8, plain('DOUBLE')],
  [builtins.DATE, plain('DATE')],
  [builtins.TIMESTAMP, { name: 'TIMESTAMP', text: 'TIMESTAMP_NTZ', write: timestamp }],
  [builtins.TIMESTAMPTZ, { ...plain('TIMESTAMP'), write: timestamp }],
  [builtins.INTERVAL, plain('INTERVAL')],
  [builtins.JSON, plain('VARIANT')],
  [builtins.JSONB, plain('VARIANT')],
  [VOID, plain('NULL', 'VOID')],
  [builtins.BYTEA, { ...plain('BINARY'), write: (text) => Buffer.from(text.slice(2), 'hex').toString('base64') }],
]);

const STRING = plain('STRING');

function typeOf(id: number): ColumnType {
  const element = ARRAYS.get(id);
  if (element === undefined) return TYPES.get(id) ?? STRING;
  return { name: 'ARRAY', text: `ARRAY<${element}>`, write: (text) => JSON.stringify(parserOf(id)(text)) };
}

export interface ResultTable {
  readonly columns: readonly ManifestColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** What the engine answered as text, in the API's types and texts: every value is a string or null. */
export function resultTable(fields: readonly Field[], rows: readonly (readonly (string | null)[])[]): ResultTable {
  const types = fields.map(({ dataTypeID }) => typeOf(dataTypeID));
  const write = (text: string | null, index: number) => (text === null ? null : (types[index]?.write(text) ?? text));
  return {
    columns: fields.map((field, position) => ({
      name: field.name,
      ...(field.dataTypeID === NUMERIC ? decimalType(field, rows, position) : nameOf(types[position])),
      position,
    })),
    rows: rows.map((row) => row.map(write)),
  };
}

const nameOf = ({ name, text }: ColumnType = STRING) => ({ type_name: name, type_text: text });

/** Postgres keeps precision and scale in the modifier; a computed number has none, and Databricks always has both. */
function decimalType({ dataTypeModifier }: Field, rows: readonly (readonly (string | null)[])[], position: number) {
  const bits = dataTypeModifier - 4;
  const scales = () => rows.map((row) => row[position]?.split('.')[1]?.length ?? 0);
  const [precision, scale] =
    dataTypeModifier === -1
      ? [38, scales().reduce((most, one) => Math.max(most, one), 0)]
      : [bits >> 16, bits & 0xffff];
  return {
    type_name: 'DECIMAL',
    type_text: `DECIMAL(${precision},${scale})`,
    type_precision: precision,
    type_scale: scale,
  };
}
