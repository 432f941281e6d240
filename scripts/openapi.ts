import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appRouter } from '../server/src/app-router.js';
import { projectDirectory } from '../server/src/config.js';
import { createOpenApiDocument } from '../server/src/http/openapi-document.js';

/** Writes docs/openapi.json, the API as it is reviewed; with `--check` says whether it is stale instead. */
const file = join(projectDirectory, 'docs/openapi.json');
const text = `${JSON.stringify(createOpenApiDocument(appRouter, 'http://localhost:3000'), null, 2)}\n`;

const read = (): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (read() !== text) {
  process.stderr.write('docs/openapi.json is stale; run npm run openapi.\n');
  process.exit(1);
}
