import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { lingui } from "@lingui/vite-plugin";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env.CITEWELL_URL ?? "http://127.0.0.1:8000";
const dist = "../src/citewell/web/dist";

/** A compressed copy beside each file, so that the server never compresses. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const folder = join(import.meta.dirname, dist);
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const path = join(folder, name);
        if (!/\.(js|mjs|css|html|svg)$/.test(name) || statSync(path).size < 1024) continue;
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
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
