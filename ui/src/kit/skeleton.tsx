import { Trans } from "@lingui/react/macro";
import { cx } from "./cx";

/** Shows where something will stand; appears only after 200 ms. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={cx("skeleton h-4", className)} />;
}

export function SkeletonLines({ count = 4 }: { count?: number }) {
  return (
    <div className="flex flex-col gap-3" role="status">
      <span className="sr-only">
        <Trans>Loading</Trans>
      </span>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} className={index % 3 === 2 ? "w-2/3" : "w-full"} />
      ))}
    </div>
  );
}

export function LoadingPage() {
  return (
    <div className="mx-auto w-full max-w-3xl p-8">
      <SkeletonLines count={6} />
    </div>
  );
}
