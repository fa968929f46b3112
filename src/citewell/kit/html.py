"""Plain HTML pages of the server. They are self-contained, and their headers forbid the browser to load anything
else."""

import hashlib
from base64 import b64encode

from markupsafe import Markup

from citewell.kit.templates import render

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 54rem; margin: 2.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-top: 1.8rem; }
a { color: LinkText; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid #9996; border-radius: .3rem; padding: .6rem .8rem; overflow-x: auto; white-space: pre-wrap; }
table { border-collapse: collapse; margin: .8rem 0; width: 100%; }
th, td { border: 1px solid #9996; padding: .25rem .55rem; text-align: left; vertical-align: top; }
input { font: inherit; padding: .4rem .6rem; width: min(30rem, 100%); box-sizing: border-box; }
label { display: block; margin: .7rem 0; }
button { font: inherit; padding: .4rem 1rem; }
:focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px; }
.note { border: 1px solid #9996; border-left: 4px solid #d0a215; border-radius: .3rem; padding: .6rem .9rem; }
.quiet { color: light-dark(#595959, #b5b5b5); }
caption { text-align: left; font-weight: 700; margin: .8rem 0 .3rem; }
td:first-child code { white-space: nowrap; }
article { border-top: 1px solid #9996; overflow-x: auto; }
.method { font-weight: 700; }
"""


def page(title: str, body: str, script: str = "") -> str:
    """Returns a whole document. `body` is HTML, rendered by `kit.templates`; `title` is escaped."""
    style, inner, code = Markup(_STYLE), Markup(body), Markup(script)  # noqa: S704 - ours
    return render("page.html", title=title, body=inner, script=code, style=style)


def page_headers(script: str = "", *, private: bool = False) -> dict[str, str]:
    """Returns the headers of a `page` with this script. No other script or style runs, not even an injected one."""
    policy = ["default-src 'none'", f"style-src {_hash(_STYLE)}", "base-uri 'none'", "frame-ancestors 'none'"]
    policy += [f"script-src {_hash(script)}", "connect-src 'self'"] if script else []
    return {
        "Content-Security-Policy": "; ".join([*policy, "form-action 'none'"]),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-store" if private else "public, max-age=300",
    }


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
