import type { ComponentType } from "react";
import { lazily, type Lazily } from "../kit/lazily";
import { pages, placeOf } from "./pages";

type Name = keyof typeof pages;

/** The pages as components. */
export const parts = Object.fromEntries(Object.entries(pages).map(([name, load]) => [name, lazily<ComponentType>(load)])) as Record<Name, Lazily<ComponentType>>;

/** Loads the page at this address, so that it is drawn at once; what does not arrive is asked for again where it is shown. */
export async function preloadPage(path: string): Promise<void> {
  const { page } = placeOf(path);
  if (page) await parts[page].preload().catch(() => undefined);
}
