import { Suspense, useState, type ReactNode } from "react";
import { lazily } from "./lazily";

export type DialogProps = { open: boolean; onClose?: (() => void) | undefined; title: ReactNode; description?: ReactNode; children: ReactNode; footer?: ReactNode; wide?: boolean };

// Loaded when the first one opens.
const DialogPopup = lazily(() => import("./dialog-popup"));

export function Dialog(props: DialogProps) {
  const [isUsed, setUsed] = useState(props.open);
  if (props.open && !isUsed) setUsed(true);
  if (!isUsed) return null;
  return (
    <Suspense fallback={null}>
      <DialogPopup {...props} />
    </Suspense>
  );
}
