import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from "react";
import { cx } from "./cx";

export const CONTROL =
  "w-full rounded-md border border-line-strong/60 bg-panel px-2.5 text-text focus:border-accent focus:outline-2 focus:outline-accent focus:outline-offset-0 aria-invalid:border-danger disabled:opacity-60";

type FieldProps = { label: ReactNode; hint?: ReactNode; error?: string | undefined; hideLabel?: boolean; className?: string };

function Frame({ id, label, hint, error, hideLabel, className, children }: FieldProps & { id: string; children: ReactNode }) {
  return (
    <div className={cx("flex max-w-full flex-col gap-1", className)}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      {children}
      {hint ? (
        <p id={`${id}-hint`} className="text-sm break-words text-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-sm text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}

function described(id: string, hint: ReactNode, error: string | undefined) {
  return { "aria-invalid": error ? true : undefined, "aria-describedby": cx(hint ? `${id}-hint` : null, error ? `${id}-error` : null) || undefined };
}

export function TextField({ label, hint, error, hideLabel, className, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, hideLabel, className }}>
      <input id={id} className={cx(CONTROL, "h-9")} {...described(id, hint, error)} {...rest} />
    </Frame>
  );
}

export function TextArea({ label, hint, error, hideLabel, className, ...rest }: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, hideLabel, className }}>
      <textarea id={id} dir="auto" className={cx(CONTROL, "min-h-20 py-2")} {...described(id, hint, error)} {...rest} />
    </Frame>
  );
}

export function SelectField({ label, hint, error, hideLabel, className, children, ...rest }: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, hideLabel, className }}>
      <select id={id} className={cx(CONTROL, "h-9")} {...described(id, hint, error)} {...rest}>
        {children}
      </select>
    </Frame>
  );
}

export function CheckField({ label, hint, className, ...rest }: { label: ReactNode; hint?: ReactNode; className?: string } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className={cx("flex items-start gap-2", className)}>
      <input id={id} type="checkbox" className="mt-1 size-4 shrink-0" aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint ? (
          <p id={`${id}-hint`} className="text-sm break-words text-muted">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}
