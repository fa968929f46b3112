import { useState, type ButtonHTMLAttributes, type FocusEvent, type MouseEvent, type ReactNode, type Ref } from "react";
import { cx } from "./cx";

type Look = "primary" | "plain" | "quiet" | "danger" | "alarm";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent border-accent hover:bg-accent-strong hover:border-accent-strong",
  plain: "bg-panel text-text border-line hover:bg-hover",
  quiet: "bg-transparent text-text border-transparent hover:bg-hover",
  danger: "bg-panel text-danger border-line hover:bg-danger-soft",
  alarm: "bg-danger text-on-accent border-danger",
};

/** For a link that looks like a button. */
export const BUTTON_LINK = "inline-flex min-h-9 items-center rounded-md border bg-panel px-3 font-medium hover:bg-hover";

const DISABLED = "disabled:opacity-55 disabled:pointer-events-none aria-disabled:opacity-55";

type Native = ButtonHTMLAttributes<HTMLButtonElement> & { ref?: Ref<HTMLButtonElement> };

const INERT: Native = { onClick: (event: MouseEvent) => event.preventDefault(), onKeyDown: undefined, onKeyUp: undefined, onMouseDown: undefined, onPointerDown: undefined };

/** A browser takes the focus from a button that is disabled, for example while something is saved. One that has the focus keeps it and does nothing; it is disabled once the focus moves on. */
function useKeptFocus({ disabled = false, onFocus, onBlur, ...rest }: Native): Native {
  const [hasFocus, setFocus] = useState(false);
  return {
    ...rest,
    ...(disabled && hasFocus ? { ...INERT, "aria-disabled": true } : { disabled }),
    onFocus: (event: FocusEvent<HTMLButtonElement>) => {
      setFocus(true);
      onFocus?.(event);
    },
    onBlur: (event: FocusEvent<HTMLButtonElement>) => {
      setFocus(false);
      onBlur?.(event);
    },
  };
}

export type ButtonProps = Native & { look?: Look; small?: boolean };

export function Button({ look = "plain", small = false, className, type = "button", ...rest }: ButtonProps) {
  const size = small ? "min-h-7 px-2 text-sm gap-1 pointer-coarse:min-h-9" : "min-h-9 px-3 gap-2";
  return (
    <button
      type={type}
      className={cx("inline-flex max-w-full shrink-0 items-center justify-center rounded-md border font-medium sm:whitespace-nowrap", size, LOOKS[look], DISABLED, className)}
      {...useKeptFocus(rest)}
    />
  );
}

export type IconButtonProps = Native & { label: string; pressed?: boolean; small?: boolean; children: ReactNode };

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
      {...useKeptFocus(rest)}
    >
      {children}
    </button>
  );
}
