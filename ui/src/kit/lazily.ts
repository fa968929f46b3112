import { createElement, lazy, useState, type ComponentProps, type ComponentType } from "react";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the type of `lazy`
type Any = ComponentType<any>;
export type Lazily<Component extends Any> = ComponentType<ComponentProps<Component>> & { preload: () => Promise<void> };

/** As React's `lazy`, but a script that does not arrive is asked for again: the network may come back. After an upgrade of
 * the server its old scripts are gone, and the page is loaded anew. What was loaded before (`preload`) is drawn at once:
 * React holds back by 300 ms whatever has waited for a script, even for one that is here. */
export function lazily<Component extends Any>(load: () => Promise<{ default: Component }>): Lazily<Component> {
  let here: Component | null = null;
  const keep = async () => {
    const module = await loaded(load);
    here = module.default;
    return module;
  };
  const Later = lazy(keep);
  function Part(props: ComponentProps<Component>) {
    // The same one as long as it is shown, or it would lose its state once the script is here.
    const [Shown] = useState<Any>(() => here ?? Later);
    return createElement(Shown, props);
  }
  return Object.assign(Part, { preload: async () => void (here ?? (await keep())) });
}

async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
    try {
      return await load();
    } catch (error) {
      if (await isOutdated()) {
        location.reload();
        return new Promise(() => undefined);
      }
      if (wait > LONGEST_WAIT_MS) throw error;
      await pause(wait);
    }
  }
}

/** Whether the server gives out another build than the one that runs here. */
async function isOutdated(): Promise<boolean> {
  const running = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute("src");
  try {
    const answer = await fetch("/", { cache: "no-store", headers: { Accept: "text/html" } });
    return answer.ok && running !== undefined && running !== null && !(await answer.text()).includes(running);
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    addEventListener("online", () => resolve(), { once: true });
  });
}
