import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "wouter";
import logo from "../kit/logo.svg";
import { applyActing } from "../people/acting";
import { UserMenu } from "./user-menu";

/** The frame of pages that belong to no project. */
export function Shell({ children }: { children: ReactNode }) {
  applyActing(null);
  return (
    <div className="flex h-full flex-col">
      <SkipLink />
      <header className="flex h-13 shrink-0 items-center gap-3 border-b bg-panel px-3 sm:px-4">
        <Logo />
        <span className="font-semibold">Citewell</span>
        <div className="ms-auto" />
        <UserMenu />
      </header>
      <div id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
        {children}
      </div>
    </div>
  );
}

export function Logo() {
  const { t } = useLingui();
  return (
    <Link href="~/" aria-label={t`All projects`} className="rounded-md max-[18rem]:hidden">
      <img src={logo} alt="" width="26" height="26" />
    </Link>
  );
}

export function SkipLink() {
  const { t } = useLingui();
  return (
    <a href="#content" className="sr-only z-50 rounded-md bg-text px-3 py-2 text-bg focus:not-sr-only focus:absolute focus:top-1 focus:left-1">
      {t`Skip to the content`}
    </a>
  );
}
