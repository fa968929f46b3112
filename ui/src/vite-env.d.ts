declare module "*.po" {
  import type { Messages } from "@lingui/core";
  export const messages: Messages;
}
interface Window {
  trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } };
}
