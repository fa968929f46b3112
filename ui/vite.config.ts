import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { lingui } from "@lingui/vite-plugin";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env.CITEWELL_URL ?? "http://127.0.0.1:8000";
const dist = "../src/citewell/web/dist";

/** Compressed copies beside each file, so that the server never compresses. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const folder = join(import.meta.dirname, dist);
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const path = join(folder, name);
        if (!/\.(js|mjs|css|html|svg)$/.test(name) || statSync(path).size < 1024) continue;
        const content = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
      }
    },
  };
}

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
  plugins: [react(), tailwindcss(), lingui({ macroTransform: true }), pdfAssets(), compressed()],
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
      "/storage": server,
      "^/[0-9a-f-]{36}/reference/": server,
    },
  },
});
