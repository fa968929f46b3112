import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";

/** Links to the identity providers that people sign in with here; nothing where there are none. */
export function Providers({ next }: { next: string }) {
  const ways = useQuery({ queryKey: ["sign-in-ways"], staleTime: 60_000, queryFn: () => unwrap(api.GET("/api/v1/auth/ways/")) });
  const providers = ways.data?.providers ?? [];
  if (providers.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      {providers.map((provider) => (
        // A page of the server leads on to the provider, so this leaves the app.
        <a key={provider.key} href={`${provider.url}?to=${encodeURIComponent(next)}`} className="flex min-h-10 items-center justify-center rounded-md border border-line-strong bg-panel px-4 py-2 font-medium hover:bg-hover">
          <Trans>Sign in with {provider.name}</Trans>
        </a>
      ))}
      <p className="flex items-center gap-3 pt-2 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {ways.data?.password === "superusers" ? <Trans>Administrators, with a password</Trans> : <Trans>or with a password</Trans>}
      </p>
    </div>
  );
}
