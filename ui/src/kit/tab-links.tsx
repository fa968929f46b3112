import { useEffect, useRef, type ReactNode } from "react";
import { Link } from "wouter";
import { cx } from "./cx";

export type TabLink = { href: string; label: ReactNode; isHere: boolean; count?: number | undefined };

/** Parts of a page, each with an address of its own. */
export function TabLinks({ label, tabs }: { label: string; tabs: TabLink[] }) {
  const box = useRef<HTMLElement>(null);
  const here = tabs.find((tab) => tab.isHere)?.href;
  useEffect(() => {
    const row = box.current;
    if (!row) return;
    // On a narrow screen the row scrolls; what is open stays in view, also when the window gets narrower.
    const watch = new ResizeObserver(() => {
      const link = row.querySelector<HTMLElement>("[aria-current]");
      if (link) row.scrollTo({ left: link.offsetLeft - 16 });
    });
    watch.observe(row);
    return () => watch.disconnect();
  }, [here]);
  return (
    <nav ref={box} aria-label={label} className="relative flex gap-1 overflow-x-auto border-b">
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          replace
          aria-current={tab.isHere ? "page" : undefined}
          className={cx("flex items-center gap-1.5 border-b-2 px-2 py-2 whitespace-nowrap sm:px-3", tab.isHere ? "border-accent font-medium" : "border-transparent text-muted hover:text-text")}
        >
          {tab.label}
          {tab.count ? <span className="rounded-full bg-hover px-1.5 text-xs leading-5">{tab.count}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
