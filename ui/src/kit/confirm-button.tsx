import { useState, type ReactNode } from "react";
import { Button, type ButtonProps } from "./button";

type Props = Omit<ButtonProps, "onClick" | "children"> & { children: ReactNode; /** What the second click says, such as "Really delete?" */ question: string; onConfirm: () => void };

/** For what cannot be taken back: the first click asks, the second one acts. Looking elsewhere calls it off. */
export function ConfirmButton({ children, question, onConfirm, look = "danger", ...rest }: Props) {
  const [isAsking, setAsking] = useState(false);
  const label = isAsking ? question : rest["aria-label"];
  return (
    <>
      <Button
        {...rest}
        look={isAsking ? "alarm" : look}
        aria-label={label}
        onBlur={() => setAsking(false)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !isAsking) return;
          event.stopPropagation();
          setAsking(false);
        }}
        onClick={() => {
          setAsking(!isAsking);
          if (isAsking) onConfirm();
        }}
      >
        {isAsking ? question : children}
      </Button>
      <span role="status" className="sr-only">
        {isAsking ? question : ""}
      </span>
    </>
  );
}
