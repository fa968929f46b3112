/** The host that an address leads to, to be shown beside its link; empty for what is no address. */
export function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return "";
  }
}
