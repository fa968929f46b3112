import { useLingui } from "@lingui/react/macro";
import type { Artifact } from "./use-knowledge";

type Words = { title: string; purpose: string };

/** What an artifact is called and for, in the language of the page; the server's own words for one that is not known here. */
export function useArtifactWords(): (artifact: Pick<Artifact, "slug" | "title" | "purpose">) => Words {
  const { t } = useLingui();
  const known: Record<string, Words> = {
    brief: { title: t`Brief`, purpose: t`What this store is about, for whom it was made, and which questions it is to answer.` },
    general_knowledge: { title: t`General knowledge`, purpose: t`What somebody of the field knows and the documents take for granted.` },
    corpus_description: { title: t`About the documents`, purpose: t`Which documents there are, where they come from, and what they do not have.` },
    playbooks: { title: t`Playbooks`, purpose: t`How experts go about a kind of question, step by step.` },
    mental_map: { title: t`Words and concepts`, purpose: t`The concepts of the field, by domain, with their synonyms and how they relate.` },
    design_templates: { title: t`Design templates`, purpose: t`How finished documents should look. Agents and AI clients read them, with their files, before they write one.` },
  };
  return ({ slug, title, purpose }) => known[slug] ?? { title, purpose };
}
