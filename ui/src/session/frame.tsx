import type { ReactNode } from "react";
import logo from "../kit/logo.svg";

/** The frame of the pages before there is a session. */
export function SessionFrame({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <div className="h-full overflow-y-auto">
      <main className="mx-auto flex min-h-full w-full max-w-sm flex-col justify-center gap-6 px-5 py-10">
        <div className="flex items-center gap-3">
          <img src={logo} alt="" width="36" height="36" />
          <div>
            <div className="text-sm text-muted">Citewell</div>
            <h1 className="text-xl font-semibold">{title}</h1>
          </div>
        </div>
        {children}
      </main>
    </div>
  );
}
