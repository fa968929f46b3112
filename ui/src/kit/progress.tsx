import { cx } from "./cx";

/** A bar; `value` from 0 to 1. */
export function Progress({ value, label, className }: { value: number; label: string; className?: string }) {
  const share = Math.min(Math.max(value, 0), 1);
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className={cx("h-1.5 overflow-hidden rounded-full bg-hover", className)}>
      <div className="h-full bg-accent transition-[width] duration-150" style={{ width: `${share * 100}%` }} />
    </div>
  );
}
