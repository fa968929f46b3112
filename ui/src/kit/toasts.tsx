import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from "react";

type Toast = { id: number; text: ReactNode };
const Context = createContext<(text: ReactNode) => void>(() => undefined);

const SHOWN_MS = 4000;

/** Short confirmations at the foot of the page, announced politely. */
export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Toast[]>([]);
  const next = useRef(0);
  const say = useCallback((text: ReactNode) => {
    const id = next.current++;
    setShown((before) => [...before.slice(-2), { id, text }]);
    setTimeout(() => setShown((before) => before.filter((toast) => toast.id !== id)), SHOWN_MS);
  }, []);
  const list = useMemo(() => shown, [shown]);
  return (
    <Context.Provider value={say}>
      {children}
      <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2">
        {list.map((toast) => (
          <div key={toast.id} className="rounded-md bg-text px-3 py-2 text-sm text-bg animate-appear">
            {toast.text}
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}

export const useToast = () => useContext(Context);
