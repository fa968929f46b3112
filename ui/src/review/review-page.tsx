import { Trans, useLingui } from "@lingui/react/macro";
import { useParams } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { PageFrame } from "../kit/page";
import { TabLinks } from "../kit/tab-links";
import { useTitle } from "../kit/use-title";
import { useProject } from "../projects/use-projects";
import { Evaluation } from "./evaluation";
import { FeedbackQueue } from "./feedback-queue";
import { GroundTruths } from "./ground-truths";
import { SignalList } from "./signal-list";
import { useFeedbackCounts } from "./use-review";

/** What people and programs said of answers, and the questions whose answers are known. */
export default function ReviewPage() {
  const { t } = useLingui();
  const { part = "feedback" } = useParams<{ part?: string }>();
  const project = useProject();
  const counts = useFeedbackCounts();
  const tabs = [
    { href: "/review", label: t`Feedback`, isHere: part === "feedback", count: counts.data?.to_review },
    { href: "/review/signals", label: t`Signals`, isHere: part === "signals" },
    { href: "/review/truths", label: t`Known answers`, isHere: part === "truths" },
    { href: "/review/evaluation", label: t`Evaluation`, isHere: part === "evaluation" },
  ];
  useTitle(tabs.find((tab) => tab.isHere)?.label, t`Review`, project.name);
  if (!tabs.some((tab) => tab.isHere)) return <NotFoundPage project />;
  return (
    <PageFrame title={<Trans>Review</Trans>}>
      <TabLinks label={t`Parts of the review`} tabs={tabs} />
      {part === "signals" ? <SignalList /> : part === "truths" ? <GroundTruths /> : part === "evaluation" ? <Evaluation /> : <FeedbackQueue />}
    </PageFrame>
  );
}
