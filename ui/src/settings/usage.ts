import { queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { formatNumber, regional } from "../kit/time";

export type Usage = Schema<"Usage">;

/** What a project has used in a month (YYYY-MM), or in all without one. */
export const usageQuery = (project: string, month: string) =>
  queryOptions({
    queryKey: ["usage", project, month],
    staleTime: 60_000,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/usage/", { params: { path: { project_id: project }, query: { month: month || undefined } } })),
  });

/** The last months as YYYY-MM, oldest first. */
export function lastMonths(count: number): string[] {
  const today = new Date();
  return Array.from({ length: count }, (_, index) => {
    const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - (count - 1 - index), 1));
    return month.toISOString().slice(0, 7);
  });
}

export function monthName(locale: string, month: string, length: "short" | "long"): string {
  const year = length === "long" ? { year: "numeric" as const } : {};
  return new Intl.DateTimeFormat(regional(locale), { month: length, timeZone: "UTC", ...year }).format(new Date(`${month}-15T00:00:00Z`));
}

/** A dash where the price of one of the models is not known. */
export function costOf(locale: string, { cost, currency }: Pick<Usage, "cost" | "currency">): string {
  return cost === null ? "–" : `${formatNumber(locale, cost, 2)} ${currency}`;
}
