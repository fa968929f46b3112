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

/** All that every page needs stands in one file: twenty small ones cost a phone more than they save. */
function inFirstFile(): (id: string, context: { getModuleInfo: (id: string) => { importedIds: readonly string[]; isEntry: boolean } | null }) => string | null {
  let needed: Set<string> | null = null;
  return (id, context) => {
    if (!needed) {
      needed = new Set();
      const waiting = [join(import.meta.dirname, "src/main.tsx")];
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        if (needed.has(next)) continue;
        needed.add(next);
        waiting.push(...(context.getModuleInfo(next)?.importedIds ?? []));
      }
    }
    return needed.has(id) ? "app" : null;
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), lingui({ macroTransform: true }), pdfAssets(), compressed(join(import.meta.dirname, dist), /\.(js|mjs|css|html|svg)$/)],
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: "es2023",
    // No data: addresses, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { groups: [{ debugName: "first file", name: inFirstFile() }] } } },
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
