import { useLingui } from "@lingui/react/macro";

type Failure = { code?: string; message?: string };

/** What a failed answer's code means, and what would be right. */
export function useFailure(): (error: Failure | null | undefined) => string {
  const { t, i18n } = useLingui();
  return (error) => {
    // In English the server's own sentence says more.
    if (error?.message && i18n.locale === "en") return error.message;
    switch (error?.code) {
      case "model_unreachable":
        return t`The language model's server cannot be reached. Ask again when it is there, or choose an agent with another model.`;
      case "model_timeout":
        return t`The language model did not answer in time. Ask again in a moment.`;
      case "model_rate_limited":
        return t`The language model takes no more requests at the moment. Ask again in a minute.`;
      case "model_refused":
        return t`The language model has refused the request. Ask in other words.`;
      case "model_unauthorized":
        return t`The language model's server does not accept our key. Whoever runs this server must set a good one.`;
      case "model_server_error":
        return t`The language model's server has failed. Ask again in a moment.`;
      case "model_cut_off":
        return t`The language model broke off the answer. Ask again.`;
      case "model_malformed":
        return t`The language model's answer cannot be read. Ask again, or choose an agent with another model.`;
      case "server_shutdown":
      case "server_died":
        return t`The server was stopped while it answered. What was said so far is kept; ask again for the rest.`;
      case "not_stored":
        return t`The answer could not be stored. Ask again.`;
      case "deleted":
        return t`The conversation was deleted while it answered.`;
      default:
        return t`The answer failed inside the server. Ask again; if it fails again, its log says why.`;
    }
  };
}
