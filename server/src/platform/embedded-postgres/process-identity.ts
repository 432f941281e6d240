import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process that stays recognisable after its pid was given to another one. */
export type ProcessIdentity = {
  pid: number;
  /** Start time in the system's own notation; null where the system does not tell it. */
  startedAt: string | null;
};

const answersSignals = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Ticks are counted from the boot, so the boot's id goes with them (proc_pid_stat(5), fields 3 and 22). */
const linuxStart = async (pid: number): Promise<string | 'ended' | null> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command, field 2, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()}:${fields[19]}`;
  } catch {
    return null;
  }
};

const askPs = async (pid: number, column: string): Promise<string | null> => {
  try {
    const { stdout } = await promisify(execFile)('/bin/ps', ['-ww', '-o', `${column}=`, '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
};

/** The living process with this pid, or null. A process that ended and was not yet reaped counts as gone. */
export const identifyProcess = async (pid: number): Promise<ProcessIdentity | null> => {
  if (!Number.isSafeInteger(pid) || pid <= 0 || !answersSignals(pid)) return null;
  if (process.platform === 'darwin') return { pid, startedAt: await askPs(pid, 'lstart') };
  if (process.platform !== 'linux') return { pid, startedAt: null };
  const start = await linuxStart(pid);
  return start === 'ended' ? null : { pid, startedAt: start };
};

/** True while the very process that was identified lives; where a start time is unknown, the pid decides. */
export const isStillRunning = async (known: ProcessIdentity): Promise<boolean> => {
  const current = await identifyProcess(known.pid);
  if (current === null) return false;
  return current.startedAt === null || known.startedAt === null || current.startedAt === known.startedAt;
};

/**
 * The program and its arguments, separated by spaces; null where the system does not tell. Unlike the working
 * directory, root may read it of other users' processes without CAP_SYS_PTRACE, which containers withhold.
 */
export const readCommandLine = async (pid: number): Promise<string | null> => {
  if (process.platform === 'darwin') return askPs(pid, 'command');
  if (process.platform !== 'linux') return null;
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return text === null ? null : text.replaceAll('\0', ' ');
};
