import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { Button } from "../kit/button";
import { CheckIcon, WarnIcon } from "../kit/icons";
import { Progress } from "../kit/progress";
import { formatBytes, formatShare } from "../kit/time";
import { useProject } from "../projects/use-projects";
import { forgetUploads, LOST, retryUpload, uploadsKey, type Upload } from "./uploads";

const SHOWN = 6;

/** The files on their way, with how much of each has gone; those that failed say why. */
export function UploadList() {
  const { i18n, t } = useLingui();
  const cache = useQueryClient();
  const { id } = useProject();
  const { data } = useQuery<Upload[]>({ queryKey: uploadsKey, queryFn: () => [], enabled: false, initialData: () => cache.getQueryData<Upload[]>(uploadsKey) ?? [] });
  const mine = data.filter((upload) => upload.project === id);
  if (mine.length === 0) return null;
  const failed = mine.filter((upload) => upload.state === "failed");
  const failures = failed.length;
  const open = mine.filter((upload) => upload.state === "sending" || upload.state === "waiting");
  const done = mine.length - open.length - failed.length;
  const size = mine.reduce((sum, upload) => sum + upload.size, 0);
  const sent = mine.reduce((sum, upload) => sum + (upload.state === "done" ? upload.size : Math.min(upload.sent, upload.size)), 0);
  return (
    <section aria-label={t`Uploads`} className="rounded-md border bg-panel p-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1" role="status">
        {open.length > 0 ? (
          <span className="font-medium">
            <Trans>
              Uploading: {done} of {mine.length}
            </Trans>
          </span>
        ) : done === 0 ? (
          <span className="flex items-center gap-1.5 font-medium">
            <WarnIcon className="text-danger" />
            <Plural value={failures} one="# file could not be uploaded" other="# files could not be uploaded" />
          </span>
        ) : (
          <span className="flex items-center gap-1.5 font-medium">
            <CheckIcon className="text-accent" />
            <Plural value={done} one="# file is uploaded" other="# files are uploaded" />
          </span>
        )}
        <span className="text-sm text-muted">
          {formatBytes(i18n.locale, sent)} / {formatBytes(i18n.locale, size)}
        </span>
        {open.length === 0 ? (
          <span className="ms-auto flex items-center gap-3">
            {done > 0 ? (
              <Link href="/ask" className="text-accent underline underline-offset-2">
                <Trans>Ask about them</Trans>
              </Link>
            ) : null}
            <Button small look="quiet" onClick={() => forgetUploads(cache)}>
              <Trans>Close</Trans>
            </Button>
          </span>
        ) : null}
      </div>
      {open.length > 0 ? <Progress value={size > 0 ? sent / size : 0} label={t`Uploaded`} className="mt-2" /> : null}
      <ul className="mt-1 text-sm">
        {[...failed, ...open.filter((upload) => upload.state === "sending")].slice(0, failed.length + SHOWN).map((upload) => (
          <li key={upload.id} className="flex items-center gap-2 py-0.5">
            <span dir="auto" className="min-w-0 flex-1 truncate">
              {upload.path}
            </span>
            {upload.state === "failed" ? (
              <>
                <span className="min-w-0 break-words text-danger">{upload.error === LOST ? <Trans>The connection broke off.</Trans> : upload.error}</span>
                <Button small onClick={() => retryUpload(cache, upload.id)}>
                  <Trans>Try again</Trans>
                </Button>
              </>
            ) : (
              <span className="text-muted">{formatShare(i18n.locale, Math.min(upload.sent / Math.max(upload.size, 1), 1))}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
