import { Suspense, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { ProjectShell } from "./project-shell";
import { Shell } from "./shell";
import { ErrorNote } from "../kit/notes";
import { lazily } from "../kit/lazily";
import { LoadingPage } from "../kit/skeleton";
import { NotFoundPage } from "./not-found-page";
import { pages } from "./pages";
import { useSession } from "../session/use-session";

const SignInPage = lazily(pages.signIn);
const RegisterPage = lazily(pages.register);
const SetupPage = lazily(pages.setup);
const HomePage = lazily(pages.home);
const AskPage = lazily(pages.ask);
const SearchPage = lazily(pages.search);
const LibraryPage = lazily(pages.library);
const DocumentPage = lazily(pages.document);
const GridsPage = lazily(pages.grids);
const GridPage = lazily(pages.grid);
const KnowledgePage = lazily(pages.knowledge);
const ReviewPage = lazily(pages.review);
const AgentsPage = lazily(pages.agents);
const ProjectSettingsPage = lazily(pages.projectSettings);
const MySettingsPage = lazily(pages.mySettings);
const AdminPage = lazily(pages.admin);

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
                      <Route path="/admin/:part?/:id?" component={AdminPage} />
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
  if (session.isLoadingError) return <ErrorNote className="m-8" error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) {
    const here = path + (search ? `?${search}` : "");
    return <Redirect to={here === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`} replace />;
  }
  return children;
}
