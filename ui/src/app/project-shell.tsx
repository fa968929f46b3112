import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type ReactNode } from "react";
import { Link, useLocation, useParams } from "wouter";
import { ApiError } from "../api/client";
import { IconButton } from "../kit/button";
import { cx } from "../kit/cx";
import { AgentIcon, AskIcon, DownIcon, GridIcon, KnowledgeIcon, LibraryIcon, MenuIcon, ReviewIcon, SearchIcon, SettingsIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { QueryError } from "../kit/notes";
import { LoadingPage } from "../kit/skeleton";
import { applyActing } from "../people/acting";
import { ActingBanner } from "../people/acting-banner";
import { NotificationBell } from "../people/notification-bell";
import { ProjectContext, useProjectData, useProjects } from "../projects/use-projects";
import { ErrorBoundary } from "./error-boundary";
import { NotFoundPage } from "./not-found-page";
import { preloadPage } from "./parts";
import { Logo, Shell, SkipLink } from "./shell";
import { UserMenu } from "./user-menu";

type Place = { path: string; also?: string; label: string; icon: ReactNode };

export function ProjectShell({ children }: { children: ReactNode }) {
  const { project: id } = useParams<{ project: string }>();
  // Before the first request of the project's pages.
  applyActing(id);
  const project = useProjectData(id);
  const [path] = useLocation();
  if (project.isPending) return <Shell>{<LoadingPage />}</Shell>;
  if (project.isLoadingError) {
    const isGone = project.error instanceof ApiError && [403, 404].includes(project.error.status);
    return <Shell>{isGone ? <NotFoundPage /> : <QueryError className="m-8" query={project} />}</Shell>;
  }
  return (
    <ProjectContext value={project.data}>
      <div className="flex h-full flex-col">
        <SkipLink />
        <ActingBanner project={id} />
        <header className="flex h-13 shrink-0 items-center gap-1 border-b bg-panel px-3 sm:px-4">
          <Logo />
          <ProjectSwitch name={project.data.name} />
          <Places />
          <div className="ms-auto flex items-center gap-1">
            <NotificationBell />
            <UserMenu />
          </div>
        </header>
        <div id="content" tabIndex={-1} className="min-h-0 flex-1 outline-none">
          <ErrorBoundary place={path}>{children}</ErrorBoundary>
        </div>
      </div>
    </ProjectContext>
  );
}

function usePlaces(): Place[] {
  const { t } = useLingui();
  return [
    { path: "/ask", also: "/c/", label: t`Ask`, icon: <AskIcon /> },
    { path: "/search", label: t`Search`, icon: <SearchIcon /> },
    { path: "/library", label: t`Library`, icon: <LibraryIcon /> },
    { path: "/grid", label: t`Grid`, icon: <GridIcon /> },
    { path: "/knowledge", label: t`Knowledge`, icon: <KnowledgeIcon /> },
    { path: "/review", label: t`Review`, icon: <ReviewIcon /> },
    { path: "/agents", label: t`Agents`, icon: <AgentIcon /> },
    { path: "/settings", label: t`Settings`, icon: <SettingsIcon /> },
  ];
}

function Places() {
  const { t } = useLingui();
  const places = usePlaces();
  const [path, navigate] = useLocation();
  const isHere = (place: Place) => path.startsWith(place.path) || (place.also !== undefined && path.startsWith(place.also));
  return (
    <>
      <nav aria-label={t`Project`} className="ms-2 hidden h-full items-stretch lg:flex">
        {places.map((place) => (
          <Link
            key={place.path}
            href={place.path}
            onPointerEnter={() => void preloadPage(`/p/x${place.path}`)}
            onFocus={() => void preloadPage(`/p/x${place.path}`)}
            aria-current={isHere(place) ? "page" : undefined}
            className={cx("flex items-center gap-1.5 border-b-2 px-2.5 xl:px-3", isHere(place) ? "border-accent font-medium text-text" : "border-transparent text-muted hover:text-text")}
          >
            <span className="hidden xl:inline">{place.icon}</span>
            {place.label}
          </Link>
        ))}
      </nav>
      <div className="lg:hidden">
        <Menu
          align="start"
          trigger={
            <IconButton label={t`Places of the project`}>
              <MenuIcon />
            </IconButton>
          }
        >
          {places.map((place) => (
            <MenuItem key={place.path} icon={place.icon} onSelect={() => navigate(place.path)}>
              <span className={isHere(place) ? "font-semibold" : undefined}>{place.label}</span>
            </MenuItem>
          ))}
        </Menu>
      </div>
    </>
  );
}

function ProjectSwitch({ name }: { name: string }) {
  const [wanted, setWanted] = useState(false);
  const [, navigate] = useLocation();
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" onPointerEnter={() => setWanted(true)} onFocus={() => setWanted(true)} className="ms-1 flex min-w-0 items-center gap-1 rounded-md px-2 py-1 font-semibold hover:bg-hover">
          <span dir="auto" className="max-w-36 truncate sm:max-w-56">
            {name}
          </span>
          <DownIcon size={14} className="shrink-0 text-muted" />
        </button>
      }
    >
      {wanted ? <ProjectChoices /> : null}
      <MenuLine />
      <MenuItem onSelect={() => navigate("~/")}>
        <Trans>All projects</Trans>
      </MenuItem>
    </Menu>
  );
}

function ProjectChoices() {
  const projects = useProjects();
  const [, navigate] = useLocation();
  return (projects.data ?? []).slice(0, 20).map((project) => (
    <MenuItem key={project.id} onSelect={() => navigate(`~/p/${project.id}/ask`)}>
      <span dir="auto">{project.name}</span>
    </MenuItem>
  ));
}
