import { Suspense, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { ProjectShell } from "./project-shell";
import { Shell } from "./shell";
import { QueryError } from "../kit/notes";
import { LoadingPage } from "../kit/skeleton";
import { NotFoundPage } from "./not-found-page";
import { parts } from "./parts";
import { useSession } from "../session/use-session";

export function Routes() {
  return (
    <Suspense fallback={<LoadingPage />}>
      <Switch>
        <Route path="/sign-in" component={parts.signIn} />
        <Route path="/register" component={parts.register} />
        <Route path="/setup" component={parts.setup} />
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
                      <Route path="/" component={parts.home} />
                      <Route path="/settings" component={parts.mySettings} />
                      <Route path="/admin/:part?/:id?" component={parts.admin} />
                      <Route>{<NotFoundPage />}</Route>
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
      <Route path="/ask" component={parts.ask} />
      <Route path="/c/:conversation" component={parts.ask} />
      <Route path="/search" component={parts.search} />
      <Route path="/library" component={parts.library} />
      <Route path="/library/:document" component={parts.document} />
      <Route path="/grid" component={parts.grids} />
      <Route path="/grid/:grid" component={parts.grid} />
      <Route path="/knowledge/:part?" component={parts.knowledge} />
      <Route path="/review/:part?" component={parts.review} />
      <Route path="/agents/:part?/:id?" component={parts.agents} />
      <Route path="/settings/:part?" component={parts.projectSettings} />
      <Route>{<NotFoundPage project />}</Route>
    </Switch>
  );
}

const FOR_MEMBERS = /^\/(p\/.*|settings|admin(\/.*)?)?$/;

/** Leads to the sign-in page, and from there back to this address, if there is something at it. */
function SignedIn({ children }: { children: ReactNode }) {
  const session = useSession();
  const [path] = useLocation();
  const search = useSearch();
  if (session.isPending) return <LoadingPage />;
  if (session.isLoadingError) return <QueryError className="m-8" query={session} />;
  if (!session.data && !FOR_MEMBERS.test(path)) return <NotFoundPage />;
  if (!session.data) {
    const here = path + (search ? `?${search}` : "");
    return <Redirect to={here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`} replace />;
  }
  return children;
}
