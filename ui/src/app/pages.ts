// The pages, each a script of its own that is loaded when it is first opened.
export const pages = {
  signIn: () => import("../session/sign-in-page"),
  register: () => import("../session/register-page"),
  setup: () => import("../session/setup-page"),
  home: () => import("../projects/home-page"),
  ask: () => import("../conversation/ask-page"),
  search: () => import("../search/search-page"),
  library: () => import("../library/library-page"),
  document: () => import("../library/document-page"),
  grids: () => import("../grid/grids-page"),
  grid: () => import("../grid/grid-page"),
  knowledge: () => import("../knowledge/knowledge-page"),
  review: () => import("../review/review-page"),
  agents: () => import("../agents/agents-page"),
  projectSettings: () => import("../settings/project-settings-page"),
  mySettings: () => import("../settings/my-settings-page"),
  admin: () => import("../people/admin-page"),
};

type Name = keyof typeof pages;
const ABOVE: Record<string, Name> = { "": "home", "sign-in": "signIn", register: "register", setup: "setup", settings: "mySettings", admin: "admin" };
const OF_PROJECT: Record<string, Name> = { "": "ask", ask: "ask", c: "ask", search: "search", knowledge: "knowledge", review: "review", agents: "agents", settings: "projectSettings" };

/** The project that a path is about, and the page that it leads to; null for what there is not. */
export function placeOf(path: string): { project: string | null; page: Name | null } {
  const [first = "", project = "", place = "", item = ""] = path.split("/").slice(1);
  if (first !== "p" || !project) return { project: null, page: ABOVE[first] ?? null };
  if (place === "library") return { project, page: item ? "document" : "library" };
  if (place === "grid") return { project, page: item ? "grid" : "grids" };
  return { project, page: OF_PROJECT[place] ?? null };
}
