// The widget for other sites: one script that is complete, beside the files of the app.
import { join } from "node:path";
import { defineConfig } from "vite";
import { compressed } from "./vite.compressed.ts";

const dist = "../src/citewell/web/dist";

export default defineConfig({
  plugins: [compressed(join(import.meta.dirname, dist), /^widget\.js$/)],
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: "es2022",
    reportCompressedSize: false,
    lib: { entry: "src/widget/main.ts", formats: ["iife"], name: "citewell", fileName: () => "widget.js" },
  },
});
