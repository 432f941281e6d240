import { readFile } from 'node:fs/promises';

const BYTES_PER_KIB = 1024;

/** The memory that a process holds. */
export const residentBytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * BYTES_PER_KIB;
};
