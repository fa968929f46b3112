import { useLingui } from "@lingui/react";
import { useSyncExternalStore } from "react";

const STEPS: Array<[Intl.RelativeTimeFormatUnit, number]> = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

// All times of a page move on together, once a minute.
let now = Date.now();
const subscribe = (listener: () => void) => {
  const timer = setInterval(() => {
    now = Date.now();
    listener();
  }, 60_000);
  return () => clearInterval(timer);
};

/** How long ago, with the exact time on hover. */
export function Ago({ time, className }: { time: string; className?: string }) {
  const { i18n } = useLingui();
  const current = useSyncExternalStore(subscribe, () => now);
  const date = new Date(time);
  const exact = new Intl.DateTimeFormat(regional(i18n.locale), { dateStyle: "medium", timeStyle: "short" }).format(date);
  return (
    <time dateTime={time} title={exact} className={className}>
      {relative(i18n.locale, (date.getTime() - Math.max(current, Date.now() - 60_000)) / 1000)}
    </time>
  );
}

/** The language with the reader's region, as the browser has it: en-GB writes dates, de-CH numbers in a way of its own. */
export function regional(locale: string): string {
  return navigator.languages.find((each) => each === locale || each.startsWith(`${locale}-`)) ?? locale;
}

export function relative(locale: string, seconds: number): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(0, "minute");
}

export function formatNumber(locale: string, value: number, digits = 0): string {
  return new Intl.NumberFormat(regional(locale), { maximumFractionDigits: digits }).format(value);
}

/** `share` is from 0 to 1. */
export function formatShare(locale: string, share: number): string {
  return new Intl.NumberFormat(regional(locale), { style: "percent" }).format(share);
}

export function formatSeconds(locale: string, seconds: number): string {
  return new Intl.NumberFormat(regional(locale), { style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits: 1 }).format(seconds);
}

export function formatBytes(locale: string, bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return new Intl.NumberFormat(regional(locale), { style: "unit", unit: units[step] as string, unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: step > 1 ? 1 : 0 }).format(bytes / 1000 ** step);
}
