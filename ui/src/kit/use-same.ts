import { useState } from "react";

/** The value as it was first seen, while what comes after it is the same. */
export function useSame<Value>(value: Value, isSame: (before: Value, after: Value) => boolean): Value {
  const [kept, keep] = useState(value);
  if (kept === value || isSame(kept, value)) return kept;
  keep(value);
  return value;
}
