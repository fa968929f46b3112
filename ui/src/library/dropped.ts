// What was dropped, pasted or chosen, as a list of files: folders with all that is in them.

export type Found = { file: File; path: string };

const HIDDEN = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/;

/** What was dropped or pasted. Files that the browser may not read are left out. */
export async function filesOf(data: DataTransfer): Promise<Found[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.some((entry) => entry?.isDirectory)) {
    const found: Found[] = [];
    for (const entry of entries) if (entry) await walk(entry, "", found);
    return found.filter(({ path }) => !HIDDEN.test(path));
  }
  return [...data.files].map((file) => ({ file, path: file.name }));
}

export function filesOfInput(list: FileList): Found[] {
  return [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name })).filter(({ path }) => !HIDDEN.test(path));
}

async function walk(entry: FileSystemEntry, parent: string, found: Found[]): Promise<void> {
  const path = parent + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) => (entry as FileSystemFileEntry).file(resolve, () => resolve(null)));
    if (file) found.push({ file, path });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const children = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (children.length === 0) return;
    for (const child of children) await walk(child, `${path}/`, found);
  }
}
