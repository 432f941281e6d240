import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as schemas from '@versbottomlex/shared';
import { appRouter } from '../server/src/app-router.js';
import { projectDirectory } from '../server/src/config.js';
import { describeRouter } from '../server/src/router-types.js';

/** Writes the router's published type; with `--check` says whether it is stale instead. */
const file = join(projectDirectory, 'shared/src/app-router.ts');
const text = describeRouter(appRouter, schemas);
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('shared/src/app-router.ts is stale; run npm run openapi.\n');
  process.exit(1);
}
