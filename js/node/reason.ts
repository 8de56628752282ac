/** What the system said about a file, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  // Without a code it is this package's own text.
  if (code === undefined) return message ?? "nothing is known of it";
  return REASONS[code] ?? `the system says ${code}`;
}

const REASONS: Partial<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "you are not allowed to",
  EPERM: "you are not allowed to",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "your quota of the disk is used up",
  ENAMETOOLONG: "its name is too long",
  EEXIST: "something else has the name of its folder",
  ELOOP: "its links lead in a circle",
};
