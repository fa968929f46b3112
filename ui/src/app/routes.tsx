import { lazy, Suspense, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { ProjectShell } from "./project-shell";
import { Shell } from "./shell";
import { LoadingPage } from "../kit/skeleton";
import { NotFoundPage } from "./not-found-page";
import { useSession } from "../session/use-session";

const SignInPage = lazy(() => import("../session/sign-in-page"));
const RegisterPage = lazy(() => import("../session/register-page"));
const SetupPage = lazy(() => import("../session/setup-page"));
const HomePage = lazy(() => import("../projects/home-page"));
const AskPage = lazy(() => import("../conversation/ask-page"));
const SearchPage = lazy(() => import("../search/search-page"));
const LibraryPage = lazy(() => import("../library/library-page"));
const DocumentPage = lazy(() => import("../library/document-page"));
const GridsPage = lazy(() => import("../grid/grids-page"));
const GridPage = lazy(() => import("../grid/grid-page"));
const KnowledgePage = lazy(() => import("../knowledge/knowledge-page"));
const ReviewPage = lazy(() => import("../review/review-page"));
const AgentsPage = lazy(() => import("../agents/agents-page"));
const ProjectSettingsPage = lazy(() => import("../settings/project-settings-page"));
const MySettingsPage = lazy(() => import("../settings/my-settings-page"));
const AdminPage = lazy(() => import("../people/admin-page"));

export function Routes() {
  return (
    <Suspense fallback={<LoadingPage />}>
      <Switch>
        <Route path="/sign-in" component={SignInPage} />
        <Route path="/register" component={RegisterPage} />
        <Route path="/setup" component={SetupPage} />
        <Route>
          <SignedIn>
            <Switch>
              <Route path="/p/:project" nest>
                <ProjectShell>
                  <Suspense fallback={<LoadingPage />}>
                    <ProjectRoutes />
                  </Suspense>
                </ProjectShell>
              </Route>
              <Route>
                <Shell>
                  <Suspense fallback={<LoadingPage />}>
                    <Switch>
                      <Route path="/" component={HomePage} />
                      <Route path="/settings" component={MySettingsPage} />
                      <Route path="/admin/:part?" component={AdminPage} />
                      <Route component={NotFoundPage} />
                    </Switch>
                  </Suspense>
                </Shell>
              </Route>
            </Switch>
          </SignedIn>
        </Route>
      </Switch>
    </Suspense>
  );
}

function ProjectRoutes() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/ask" replace />
      </Route>
      <Route path="/ask" component={AskPage} />
      <Route path="/c/:conversation" component={AskPage} />
      <Route path="/search" component={SearchPage} />
      <Route path="/library" component={LibraryPage} />
      <Route path="/library/:document" component={DocumentPage} />
      <Route path="/grid" component={GridsPage} />
      <Route path="/grid/:grid" component={GridPage} />
      <Route path="/knowledge/:part?" component={KnowledgePage} />
      <Route path="/review/:part?" component={ReviewPage} />
      <Route path="/agents/:part?/:id?" component={AgentsPage} />
      <Route path="/settings/:part?" component={ProjectSettingsPage} />
      <Route component={NotFoundPage} />
    </Switch>
  );
}

/** Leads to the sign-in page, and from there back to this address. */
function SignedIn({ children }: { children: ReactNode }) {
  const session = useSession();
  const [path] = useLocation();
  const search = useSearch();
  if (session.isPending) return <LoadingPage />;
  if (!session.data) {
    const here = path + (search ? `?${search}` : "");
    return <Redirect to={here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`} replace />;
  }
  return children;
}
