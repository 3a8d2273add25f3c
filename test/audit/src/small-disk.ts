import { execFileSync } from 'node:child_process';

/** A real disk of this size over the folder, which needs root. Says whether there is one now. */
export function mountSmallDisk(dir: string, bytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

export function unmount(dir: string): void {
  execFileSync('umount', ['-l', dir]);
}
