import { lazy, type ComponentType } from "react";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** As React's `lazy`, but a script that does not arrive is asked for again: the network may come back. After an upgrade of
 * the server its old scripts are gone, and the page is loaded anew. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the type of `lazy`
export function lazily<Component extends ComponentType<any>>(load: () => Promise<{ default: Component }>) {
  return lazy(() => loaded(load));
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
