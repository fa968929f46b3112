import { Trans, useLingui } from "@lingui/react/macro";
import { useTitle } from "../kit/use-title";
import { SessionFrame } from "./frame";

export default function SetupPage() {
  const { t } = useLingui();
  useTitle(t`Set up`);
  return (
    <SessionFrame title={t`Set up`}>
      <p>
        <Trans>Open the link that the terminal has printed.</Trans>
      </p>
    </SessionFrame>
  );
}
