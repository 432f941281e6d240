import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const WORKSPACE_NAME = /^postgres[-.\w]*\.new-[0-9a-f]{8}$/;

/**
 * Makes a directory that exists whole or not at all. `fill` builds it inside a workspace beside it and returns
 * what it built, which is then renamed to `path`; a kill in between leaves only the workspace.
 */
export const createWhole = async (
  path: string,
  fill: (workspace: string) => Promise<string>,
): Promise<void> => {
  const workspace = `${path}.new-${randomBytes(4).toString('hex')}`;
  await mkdir(workspace);
  try {
    await rename(await fill(workspace), path);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
};

/** Removes the workspaces of starts that were killed. Only the owner of the directory may call this. */
export const removeWorkspaces = async (base: string): Promise<void> => {
  for (const name of (await readdir(base)).filter((entry) => WORKSPACE_NAME.test(entry))) {
    // An orphaned initdb may still be writing into it for a moment, hence the retries.
    await rm(join(base, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
};
