// `pnpm bundle OUT [PROGRAM…]`: what the images hold. One folder per program, which needs Node and nothing else.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { type OutputChunk, rolldown, type RolldownOutput, type SourceMap } from 'rolldown';

const PROGRAMS = {
  portal: 'services/portal',
  mcp: 'services/mcp',
  'audit-worker': 'services/audit-worker',
  cli: 'packages/cli',
} as const;

type Program = keyof typeof PROGRAMS;

interface BundledPackage {
  readonly dir: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

async function bundle(out: string, program: Program): Promise<void> {
  const dir = join(out, program);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const { output } = await bundled(program, dir);
  const chunks = output.filter((one) => one.type === 'chunk');
  refuseForeignImports(program, chunks);
  const others = output.filter(({ type, fileName }) => type === 'asset' && !fileName.endsWith('.map'));
  if (others.length > 0) throw new Error(`${program} would bring ${others.map(({ fileName }) => fileName).join(', ')}`);
  for (const { fileName, code, map } of chunks) {
    if (map === null) throw new Error(`${fileName} has no source map`);
    writeFileSync(join(dir, fileName), inAscii(code));
    writeFileSync(join(dir, `${fileName}.map`), linesOfOurs(map, code));
  }
  const packages = packagesOf(chunks);
  for (const { dir: from } of packages.filter(({ name }) => name === 'libpg-query')) {
    // It looks for this beside its own file, which is now the bundle.
    copyFileSync(join(from, 'wasm', 'libpg-query.wasm'), join(dir, 'libpg-query.wasm'));
  }
  writeFileSync(join(dir, 'THIRD-PARTY-NOTICES.txt'), packages.map(notice).join(`\n${'-'.repeat(80)}\n\n`));
  writeFileSync(join(dir, 'sbom.cdx.json'), await billOfMaterials(PROGRAMS[program]));
}

async function bundled(program: Program, dir: string): Promise<RolldownOutput> {
  const build = await rolldown({
    input: join(root, PROGRAMS[program], 'src/main.ts'),
    cwd: root,
    platform: 'node',
    tsconfig: join(root, 'tsconfig.json'),
    // CommonJS packages look for themselves by these; as a module the bundle does not have them.
    transform: { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
    onLog(level, log) {
      // `depd` of koa evaluates a function header that it made itself.
      if (log.code === 'EVAL' && log.id?.includes('/depd/') === true) return;
      throw new Error(`${program}: ${level} ${log.code ?? ''} ${log.message}`);
    },
  });
  try {
    return await build.generate({
      format: 'esm',
      sourcemap: true,
      comments: false,
      entryFileNames: 'main.mjs',
      chunkFileNames: '[name].mjs',
      sourcemapPathTransform: (source) => relative(root, resolve(dir, source)),
      dir,
    });
  } finally {
    await build.close();
  }
}

/** Whatever is not in the bundle and not in Node would be missing in the image. */
function refuseForeignImports(program: Program, chunks: readonly OutputChunk[]): void {
  const own = new Set(chunks.map(({ fileName }) => fileName));
  const foreign = chunks
    .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    .filter((name) => !isBuiltin(name) && !own.has(name));
  if (foreign.length > 0) throw new Error(`${program} would import ${foreign.join(', ')}`);
}

const BEYOND_ASCII = /[\u0080-\uffff]/g;

/** V8 keeps a text with one letter that is not Latin-1 at two bytes a letter: 13 MB of this, and not 6. */
function inAscii(code: string): string {
  // Such a template says what stands in it, and a backslash would escape ours. What else reads a template's raw text is not seen here.
  const unsafe = /String\.raw`[^`]*[\u0080-\uffff]|\\[\u0080-\uffff]/.exec(code);
  if (unsafe !== null) throw new Error(`this cannot be written in ASCII: ${unsafe[0]}`);
  return code.replace(BEYOND_ASCII, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * For a stack: which line of which file of ours. Columns, names and the files of packages would be thirty times as many places, each of
 * which Node keeps in memory: 90 MB of a process.
 */
function linesOfOurs({ file, sources, mappings }: SourceMap, code: string): string {
  const texts = code.split('\n');
  // `inAscii` makes six letters of one.
  const columnIn = (line: number, column: number) =>
    column + 5 * (texts[line]?.slice(0, column).match(BEYOND_ASCII)?.length ?? 0);
  const isOurs = sources.map((source) => !source.includes('node_modules/'));
  let place = '';
  const placesOf = (at: number, [before, source, line, lineColumn]: Readonly<SourceMapSegment>): SourceMapSegment[] => {
    const ours = source !== undefined && isOurs[source] === true;
    const next = ours ? `${source}:${line}` : '';
    if (next === place) return [];
    place = next;
    const column = columnIn(at, before);
    return [ours ? [column, source, line ?? 0, lineColumn ?? 0] : [column]];
  };
  // A line that comes from no file is the bundler's own.
  const lines = decode(mappings).map((segments, at) =>
    (segments.length > 0 ? segments : [[0] as const]).flatMap((segment) => placesOf(at, segment)),
  );
  return JSON.stringify({ version: 3, file, sources, names: [], mappings: encode(lines) });
}

/** Of the modules that really are in it, by name. */
function packagesOf(chunks: readonly OutputChunk[]): BundledPackage[] {
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => id.includes('/node_modules/'));
  const packages = [...new Set(modules.map(packageFolder))].map((dir) => {
    const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as BundledPackage;
    return { dir, name, version, license };
  });
  const label = ({ name, version }: BundledPackage) => `${name}@${version}`;
  return packages.toSorted((one, other) => (label(one) < label(other) ? -1 : 1));
}

function packageFolder(module: string): string {
  const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module) ?? [];
  if (folder === undefined) throw new Error(`${module} is in no package`);
  return folder;
}

function notice({ dir, name, version, license }: BundledPackage): string {
  const file = readdirSync(dir).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text =
    file === undefined ? 'The package brings no licence text.' : readFileSync(join(dir, file), 'utf8').trim();
  return `${name} ${version}\nLicence: ${license}\n\n${text}\n`;
}

interface Bill {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string };
  readonly components: readonly { readonly purl: string }[];
  readonly dependencies: readonly { readonly ref: string }[];
}

/** CycloneDX, by pnpm from the lockfile. Without what differs from run to run, and in one order. */
async function billOfMaterials(folder: string): Promise<string> {
  const args = [
    '--filter',
    `./${folder}`,
    'sbom',
    '--prod',
    '--sbom-format',
    'cyclonedx',
    '--sbom-type',
    'application',
  ];
  const { stdout } = await run('pnpm', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const { serialNumber: _, ...bill } = JSON.parse(stdout) as Bill;
  const { timestamp: __, ...metadata } = bill.metadata;
  const components = bill.components.toSorted((one, other) => (one.purl < other.purl ? -1 : 1));
  const dependencies = bill.dependencies.toSorted((one, other) => (one.ref < other.ref ? -1 : 1));
  return `${JSON.stringify({ ...bill, metadata, components, dependencies }, null, 2)}\n`;
}

if (import.meta.main) {
  const [out, ...wanted] = process.argv.slice(2);
  const isProgram = (name: string): name is Program => Object.hasOwn(PROGRAMS, name);
  const programs = wanted.length === 0 ? Object.keys(PROGRAMS) : wanted;
  if (out === undefined || !programs.every(isProgram)) {
    throw new Error(`usage: pnpm bundle OUT [${Object.keys(PROGRAMS).join('|')}]…`);
  }
  for (const program of programs) await bundle(resolve(out), program);
}
