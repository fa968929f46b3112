import type { ReactNode } from "react";

/** The frame of a page that scrolls as a whole. */
export function PageFrame({ title, actions, children }: { title: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <main className="h-full overflow-y-auto">
      <div className="mx-auto flex w-full max-w-5xl flex-col gap-4 px-4 py-6">
        <div className="flex flex-wrap items-center gap-2">
          <h1 dir="auto" className="me-auto text-2xl font-semibold break-words">
            {title}
          </h1>
          {actions}
        </div>
        {children}
      </div>
    </main>
  );
}

export function Section({ id, title, hint, children }: { id?: string; title: ReactNode; hint?: ReactNode; children: ReactNode }) {
  return (
    <section id={id} className="flex flex-col gap-3 rounded-lg border bg-panel p-4">
      <div>
        <h2 className="text-lg font-semibold">{title}</h2>
        {hint ? <p className="text-sm text-muted">{hint}</p> : null}
      </div>
      {children}
    </section>
  );
}
