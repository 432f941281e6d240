import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from '../../server/src/config.js';
import type { Plan } from './rounds.js';

/** The first column holds names, the others figures. */
export type Table = { head: string[]; rows: string[][] };

export type Target = { promise: string; reached: string; isMet: boolean };

/** A ratio that should not be lower. */
export const atLeast = (min: number, promise: string, reached: number): Target => ({
  promise,
  reached: `${reached.toFixed(2)} ×`,
  isMet: reached >= min,
});

/** A figure that should not be higher; `unit` is written behind it. */
export const atMost = (max: number, promise: string, reached: number, unit: string): Target => ({
  promise,
  reached: `${reached.toFixed(2)} ${unit}`,
  isMet: reached <= max,
});

export type Section = {
  /** Also what names the section when it is written anew. */
  title: string;
  command: string;
  /** Paragraphs on what is compared with what, and how. */
  about: string[];
  /** Names as in package.json, of our tree or the benchmarks' own. */
  packages: string[];
  postgresVersion: string;
  tables: Table[];
  targets: Target[];
};

const DOCUMENT = join(projectDirectory, 'docs/benchmarks.md');
const PREAMBLE = `# Benchmarks

Written by \`npm run bench:rest\`, \`bench:auth\`, \`bench:start\`, \`bench:fanout\`, \`bench:chat\` and \`bench:tips\`, each its own section; the
sources are in \`scripts/bench/\`. Every figure stands beside a baseline that ran in the same script, in turn with it. Processor time is that of
the server's process for one answer or delivery; it moves less than the rate when the machine does something else as well. On a busy
machine compare ratios only.
`;

const requireHere = createRequire(import.meta.url);

const versionOf = (name: string): string => {
  for (const folder of requireHere.resolve.paths(name) ?? []) {
    const file = join(folder, name, 'package.json');
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).version;
  }
  throw new Error(`${name} is not installed.`);
};

const machine = (section: Section): string => {
  const { length, 0: first } = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `${first?.model.trim()} × ${length}, ${memory} GiB, Linux ${release()}`,
    `Node.js ${process.versions.node}, PostgreSQL ${section.postgresVersion}`,
    section.packages.map((name) => `${name} ${versionOf(name)}`).join(', '),
  ].join(' · ');
};

const toMarkdown = ({ head, rows }: Table): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

const render = (section: Section): string =>
  [
    `## ${section.title}`,
    ...section.about,
    ...section.tables.map(toMarkdown),
    toMarkdown({
      head: ['target', 'reached', ''],
      rows: section.targets.map(({ promise, reached, isMet }) => [
        promise,
        reached,
        isMet ? 'met' : '**missed**',
      ]),
    }),
    `\`${section.command}\` on ${new Date().toISOString().slice(0, 10)}. ${machine(section)}.`,
  ].join('\n\n');

const sectionsOf = (text: string): string[] => text.split(/^(?=## )/m).slice(1);

/** Prints the section, and writes it into docs/benchmarks.md in place of the one of the same title, unless it is a trial. */
export const report = ({ isTrial }: Plan, section: Section): void => {
  const text = render(section);
  process.stdout.write(`\n${text}\n`);
  if (isTrial) return;
  const others = existsSync(DOCUMENT) ? sectionsOf(readFileSync(DOCUMENT, 'utf8')) : [];
  const isOther = (other: string) => !other.startsWith(`## ${section.title}\n`);
  const sections = [...others.filter(isOther).map((other) => other.trimEnd()), text].sort();
  writeFileSync(DOCUMENT, `${[PREAMBLE.trimEnd(), ...sections].join('\n\n')}\n`);
};
