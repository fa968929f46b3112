// `<script async src="https://citewell.example/widget.js" data-project="..." data-widget="..."></script>` on any page.
import { Client } from "./client";
import { element } from "./markdown";
import { Panel } from "./panel";
import { STYLES } from "./styles";
import { textsOf } from "./texts";

const script = document.currentScript;

function start(tag: HTMLScriptElement): void {
  const { project, widget } = tag.dataset;
  if (!project || !widget) {
    console.error("citewell: the script tag needs data-project and data-widget.");
    return;
  }
  const texts = textsOf(document.documentElement.lang || navigator.language);
  const host = element("div");
  host.dataset.citewell = "";
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  shadow.adoptedStyleSheets = [sheet];
  const launch = element("button", { className: "launch", type: "button" }, [texts.open]);
  launch.setAttribute("aria-haspopup", "dialog");
  const panel = new Panel(new Client(new URL(tag.src).origin, project, widget), texts, () => {
    panel.root.hidden = true;
    launch.hidden = false;
    launch.focus();
  });
  launch.addEventListener("click", () => {
    launch.hidden = true;
    void panel.open();
  });
  shadow.append(launch, panel.root);
  document.body.append(host);
}

if (script instanceof HTMLScriptElement) {
  if (document.body) start(script);
  else addEventListener("DOMContentLoaded", () => start(script));
}
