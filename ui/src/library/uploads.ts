// Files on their way to the server, with how much of each has arrived. Kept outside of any page, so that one may go on
// working while a folder goes up.
import type { QueryClient } from "@tanstack/react-query";
import { toError } from "../api/client";
import { csrfHeader } from "../api/fetch";
import { hasSession, signedInAgain } from "../session/expiry";

export type UploadState = "waiting" | "sending" | "done" | "failed";
export type Upload = { id: number; project: string; name: string; size: number; sent: number; state: UploadState; error: string | null; file: File; path: string; collection: string | null };

/** The error of an upload whose connection broke. */
export const LOST = "lost";
export const uploadsKey = ["uploads"] as const;
const AT_ONCE = 3;
let next = 1;
let running = 0;

export function startUploads(cache: QueryClient, project: string, files: ReadonlyArray<{ file: File; path: string }>, collection: string | null): void {
  const added = files.map(({ file, path }): Upload => ({ id: next++, project, name: file.name, path, size: file.size, sent: 0, state: "waiting", error: null, file, collection }));
  cache.setQueryDefaults(uploadsKey, { gcTime: Infinity });
  cache.setQueryData<Upload[]>(uploadsKey, (before) => [...(before ?? []), ...added]);
  pump(cache);
}

export function retryUpload(cache: QueryClient, id: number): void {
  change(cache, id, { state: "waiting", sent: 0, error: null });
  pump(cache);
}

export function forgetUploads(cache: QueryClient): void {
  cache.setQueryData<Upload[]>(uploadsKey, (before) => (before ?? []).filter((each) => each.state === "waiting" || each.state === "sending"));
}

function pump(cache: QueryClient): void {
  while (running < AT_ONCE) {
    const upload = cache.getQueryData<Upload[]>(uploadsKey)?.find((each) => each.state === "waiting");
    if (!upload) return;
    running += 1;
    change(cache, upload.id, { state: "sending" });
    send(upload, (sent) => change(cache, upload.id, { sent }))
      .then(
        () => change(cache, upload.id, { state: "done", sent: upload.size }),
        (error: unknown) => change(cache, upload.id, { state: "failed", error: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => {
        running -= 1;
        void cache.invalidateQueries({ queryKey: ["indexing", upload.project] });
        void cache.invalidateQueries({ queryKey: ["documents", upload.project] });
        pump(cache);
      });
  }
}

function change(cache: QueryClient, id: number, part: Partial<Upload>): void {
  cache.setQueryData<Upload[]>(uploadsKey, (before) => (before ?? []).map((each) => (each.id === id ? { ...each, ...part } : each)));
}

/** With XMLHttpRequest, since fetch does not tell how much has gone. */
function send(upload: Upload, progress: (sent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("files", upload.file, upload.name);
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/projects/${upload.project}/documents/bulk-upload/`);
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onerror = () => reject(new Error(LOST));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve();
      // The session has ended: the file goes up once more after signing in again.
      if (request.status === 401 && hasSession()) return void signedInAgain().then(() => resolve(send(upload, progress)));
      reject(toError(request.status, parse(request.responseText)));
    };
    request.send(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
