import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "./cx";

type Look = "primary" | "plain" | "quiet" | "danger" | "alarm";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent border-accent hover:bg-accent-strong hover:border-accent-strong",
  plain: "bg-panel text-text border-line hover:bg-hover",
  quiet: "bg-transparent text-text border-transparent hover:bg-hover",
  danger: "bg-panel text-danger border-line hover:bg-danger-soft",
  alarm: "bg-danger text-on-accent border-danger",
};

const DISABLED = "disabled:opacity-55 disabled:pointer-events-none aria-disabled:opacity-55";

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; small?: boolean; ref?: Ref<HTMLButtonElement> };

export function Button({ look = "plain", small = false, className, type = "button", ...rest }: ButtonProps) {
  const size = small ? "min-h-7 px-2 text-sm gap-1 pointer-coarse:min-h-9" : "min-h-9 px-3 gap-2";
  return (
    <button
      type={type}
      className={cx("inline-flex max-w-full shrink-0 items-center justify-center rounded-md border font-medium sm:whitespace-nowrap", size, LOOKS[look], DISABLED, className)}
      {...rest}
    />
  );
}

export type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { label: string; ref?: Ref<HTMLButtonElement>; pressed?: boolean; small?: boolean; children: ReactNode };

/** A button that shows an icon; its name is read aloud, and shown on hover. */
export function IconButton({ label, pressed, small = false, className, type = "button", children, ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      className={cx(
        "inline-flex shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text",
        "aria-pressed:bg-accent-soft aria-pressed:text-accent",
        small ? "size-7 pointer-coarse:size-9" : "size-9 pointer-coarse:size-10",
        DISABLED,
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
