import { builtinModules, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

/** Bundles an entry as a frontend's build does, and says which packages and built-in modules came with it. */
const bundle = async (entry: string) => {
  const { metafile, warnings } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    conditions: ['source'],
    treeShaking: false,
    // What Node offers and browsers do not would end up here, and not as an error.
    external: ['node:*', ...builtinModules],
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs);
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
  return {
    warnings,
    packages: new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])),
    builtins: imported.map(({ path }) => path).filter((path) => isBuiltin(path)),
    ownFiles: files.filter((file) => !file.includes('node_modules')),
  };
};

describe.each([
  ['index.ts', ['zod']],
  ['client/create-client.ts', ['@trpc/client', '@trpc/server', 'zod']],
])('%s', (entry, packages) => {
  test('runs in a browser: without Node, without any dependency of the server', async () => {
    const bundled = await bundle(entry);
    expect(bundled.warnings).toEqual([]);
    expect(bundled.builtins).toEqual([]);
    expect([...bundled.packages].filter((name) => !packages.includes(name))).toEqual([]);
    expect(bundled.ownFiles.filter((file) => !/(^|\/)shared\/src\//.test(file))).toEqual([]);
  });
});

/** Half as much again as it is; all languages of zod's messages alone would be twice that. */
const CLIENT_BYTES_MAX = 240_000;

test('a page that takes the client alone loads little else', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'client/create-client.ts')],
    bundle: true,
    write: false,
    minify: true,
    platform: 'browser',
    format: 'esm',
    conditions: ['source'],
  });
  expect(outputFiles[0]?.contents.length).toBeLessThan(CLIENT_BYTES_MAX);
});

test('such a bundle would show what does not belong into it', async () => {
  const { builtins, packages } = await bundle('../../server/src/platform/database.ts');
  expect(builtins.length).toBeGreaterThan(0);
  expect([...packages]).toContain('drizzle-orm');
});
