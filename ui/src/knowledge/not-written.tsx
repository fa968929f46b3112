import { Trans } from "@lingui/react/macro";
import { useAccess } from "../projects/use-access";

/** Says to those who may not write it themselves who can. */
export function NotWritten() {
  const access = useAccess();
  return access.isKnown && !access.isAdmin ? <Trans>Nothing is written down yet; an admin of the project can do it.</Trans> : null;
}
