// In a sheet that the script makes, which the policy of no page forbids; nothing of it leaves the shadow tree.
export const STYLES = `
:host { all: initial; color-scheme: light dark; --bg: light-dark(#ffffff, #1d2023); --sunken: light-dark(#f1f0ec, #111315); --line: light-dark(#dfddd7, #33383d); --strong: light-dark(#8b887f, #7b838b);
  --text: light-dark(#1d1f21, #ebe9e5); --muted: light-dark(#5a5e63, #a7adb3); --accent: light-dark(#0b6b5d, #5fcab7); --on: light-dark(#ffffff, #06231e); --soft: light-dark(#e0f0ec, #15322d);
  --mark: light-dark(#ffe066, #7a6212); --warn: light-dark(#7f4a00, #eebc6b);
  font: 15px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
* { box-sizing: border-box; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.launch { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000; display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 0 18px; border: 0; border-radius: 24px; background: var(--accent); color: var(--on); font-weight: 600; }
.panel { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000; display: flex; flex-direction: column; width: min(400px, calc(100vw - 24px)); height: min(620px, calc(100dvh - 40px)); background: var(--bg); color: var(--text); border: 1px solid var(--strong); border-radius: 10px; overflow: hidden; }
[hidden] { display: none !important; }
header { display: flex; align-items: center; gap: 8px; padding: 8px 8px 8px 16px; border-block-end: 1px solid var(--line); }
h2 { flex: 1; min-width: 0; margin: 0; font-size: 16px; line-height: 24px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.icon { display: grid; place-items: center; width: 36px; height: 36px; border: 0; border-radius: 6px; background: none; }
.icon:hover { background: var(--sunken); }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.log { flex: 1; min-height: 0; overflow-y: auto; padding: 12px 16px; overflow-wrap: anywhere; }
.question { margin: 12px 0 6px; font-weight: 600; white-space: pre-wrap; }
.note { margin: 6px 0; color: var(--muted); font-size: 14px; }
.warn { color: var(--warn); }
.starter { display: block; width: 100%; margin: 8px 0; padding: 8px 12px; border: 1px solid var(--line); border-radius: 6px; background: none; text-align: start; }
.starter:hover { border-color: var(--accent); background: var(--soft); }
p, ul, ol, pre, blockquote, .table { margin: 8px 0; }
.heading { font-weight: 600; }
ul, ol { padding-inline-start: 22px; }
blockquote { padding-inline-start: 12px; border-inline-start: 3px solid var(--line); color: var(--muted); }
code { font: 13px/1.4 ui-monospace, monospace; background: var(--sunken); border-radius: 3px; padding: 1px 4px; }
pre, .table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
td, th { border: 1px solid var(--line); padding: 3px 8px; text-align: start; vertical-align: top; }
a { color: var(--accent); }
.cite { min-width: 22px; height: 22px; margin: 0 2px; padding: 0 5px; border: 1px solid var(--accent); border-radius: 4px; background: var(--soft); color: var(--accent); font-size: 12px; font-weight: 600; line-height: 1; }
.cite.unsure { border-style: dashed; border-color: var(--warn); color: var(--warn); background: none; }
.passage { white-space: pre-wrap; }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
form { display: flex; gap: 8px; align-items: flex-end; padding: 10px; border-block-start: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; max-height: 140px; padding: 8px 10px; border: 1px solid var(--strong); border-radius: 6px; background: var(--bg); color: inherit; font: inherit; resize: none; field-sizing: content; }
.send { height: 42px; padding: 0 14px; border: 0; border-radius: 6px; background: var(--accent); color: var(--on); font-weight: 600; }
.send:disabled { opacity: 0.5; cursor: default; }
@media (max-width: 480px) { .panel { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0; } }
`;
