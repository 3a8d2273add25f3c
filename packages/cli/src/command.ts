/**
 * One command. To add one: a file in `commands/` that exports `defineCommand({ … })`, and its name in `commands/index.ts`.
 * It gets everything that it may touch in its context; only `main.ts` knows the process. What it prints on stdout is its
 * answer and nothing else, and where that answer has structure it has a boolean option `json`. It ends with an exit code
 * (nothing means 0, EXIT_NO means "no"), or throws a CommandError.
 */
export interface Command {
  /** The words that are typed, as in `dev token`. Words in common make a group: `causeway dev --help`. */
  readonly name: string;
  readonly summary: string;
  /** Further lines of the help page. */
  readonly details?: readonly string[];
  readonly operands: readonly Operand[];
  readonly options: OptionTable;
  run(context: CommandContext): Promise<number | undefined>;
}

/** Fills in what most commands do not have, and gives `run` the options under their own names and types. */
export function defineCommand<const Table extends OptionTable>(definition: CommandDefinition<Table>): Command {
  return {
    ...definition,
    operands: definition.operands ?? [],
    // The parser made the values from this very table.
    run: async (context) => (await definition.run(context as CommandContext<OptionValues<Table>>)) ?? undefined,
  };
}

export interface CommandDefinition<Table extends OptionTable> extends Omit<Command, 'operands' | 'options' | 'run'> {
  readonly operands?: readonly Operand[];
  readonly options: Table;
  run(context: CommandContext<OptionValues<Table>>): Promise<number | void>;
}

/** A word without dashes, such as the FILE of `policy check FILE`. */
interface Operand {
  readonly name: string;
  readonly required: boolean;
}

export type OptionTable = Readonly<Record<string, Option>>;

export type Option =
  | { readonly type: 'boolean'; readonly short?: string; readonly help: string }
  | {
      readonly type: 'string';
      /** How the value is called in the help page. */
      readonly value: string;
      readonly short?: string;
      readonly required?: boolean;
      readonly help: string;
    };

export interface CommandContext<Values = RawValues> {
  readonly args: { readonly options: Values; readonly operands: readonly string[] };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted when the user wants out. */
  readonly signal: AbortSignal;
}

interface Output {
  write(text: string): unknown;
}

type RawValues = Readonly<Record<string, string | boolean | undefined>>;

export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { type: 'boolean' }
    ? boolean
    : Table[Name] extends { required: true }
      ? string
      : string | undefined;
};
