import { Trans, useLingui } from "@lingui/react/macro";
import { formatNumber } from "./time";

/** How many lines of a list its filter lets through, of how many. */
export function CountShown({ shown, total }: { shown: number; total: number }) {
  const { i18n } = useLingui();
  return (
    <p className="py-2 text-sm text-muted" role="status">
      {shown === total ? (
        formatNumber(i18n.locale, total)
      ) : (
        <Trans>
          {formatNumber(i18n.locale, shown)} of {formatNumber(i18n.locale, total)}
        </Trans>
      )}
    </p>
  );
}
