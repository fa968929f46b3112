import { cpSync } from "node:fs";
import { join } from "node:path";
import { lingui } from "@lingui/vite-plugin";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { compressed } from "./vite.compressed.ts";

const server = process.env.CITEWELL_URL ?? "http://127.0.0.1:8000";
const dist = "../src/citewell/web/dist";

/** What pdf.js loads by address: fonts, character maps, decoders (those without WebAssembly, as the policy has it). */
function pdfAssets(): Plugin {
  return {
    name: "pdf-assets",
    apply: "build",
    closeBundle() {
      const from = join(import.meta.dirname, "node_modules/pdfjs-dist");
      const to = join(import.meta.dirname, dist, "assets/pdfjs");
      for (const folder of ["cmaps", "standard_fonts"]) cpSync(join(from, folder), join(to, folder), { recursive: true });
      cpSync(join(from, "wasm"), join(to, "wasm"), { recursive: true, filter: (path) => !path.endsWith(".wasm") && !/quickjs|qcms/.test(path) });
    },
  };
}

type Modules = { getModuleInfo: (id: string) => { importedIds: readonly string[] } | null };

/** A module and all that it imports at once. */
function neededBy(name: string, modules: Modules): Set<string> {
  const found = new Set<string>();
  const waiting = [join(import.meta.dirname, name)];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(modules.getModuleInfo(next)?.importedIds ?? []));
  }
  return found;
}

/** All that every page needs stands in one file, beside the first script: twenty small ones cost a phone more than they save. */
function inAppFile(): (id: string, modules: Modules) => string | null {
  let needed: { app: Set<string>; boot: Set<string> } | null = null;
  return (id, modules) => {
    needed ??= { app: neededBy("src/main.tsx", modules), boot: neededBy("src/boot.ts", modules) };
    return needed.app.has(id) && !needed.boot.has(id) ? "app" : null;
  };
}

/** The browser fetches that file while it reads the HTML, before the first script asks for it. */
function appPreload(): Plugin {
  return {
    name: "app-preload",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) => {
        const app = Object.values(bundle ?? {}).find((file) => file.type === "chunk" && file.name === "app");
        return app ? [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${app.fileName}` }, injectTo: "head" }] : [];
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), lingui({ macroTransform: true }), appPreload(), pdfAssets(), compressed(join(import.meta.dirname, dist), /\.(js|mjs|css|html|svg)$/)],
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: "es2023",
    // No data: addresses, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ debugName: "what every page needs", name: inAppFile() }] } } },
  },
  server: {
    port: Number(process.env.UI_PORT ?? 5173),
    proxy: {
      "/api": server,
      "/docs": server,
      "/widget": server,
      "/auth": server,
      "/storage": server,
      "^/[0-9a-f-]{36}/reference/": server,
    },
  },
});
