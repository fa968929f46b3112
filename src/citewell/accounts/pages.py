"""HTML pages for signing in, accepting an invitation, and managing API tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from citewell.auth.passwords import LONGEST, SHORTEST
from citewell.kit.html import page, page_headers
from citewell.kit.templates import render
from citewell.kit.time import now
from citewell.models import Token

# One script for all pages: it sends forms as JSON, since the API takes nothing else.
_SCRIPT = """
const note = document.getElementById("note");
const csrf = document.body.querySelector("[data-csrf]")?.dataset.csrf ?? "";
async function send(method, path, body) {
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf};
  const answer = await fetch("/api/v1/" + path, {method, headers, body: body && JSON.stringify(body)});
  const said = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(Object.values(said).flat().join(" "));
  return said;
}
function on(id, event, act) {
  document.getElementById(id)?.addEventListener(event, async (happened) => {
    happened.preventDefault();
    try { await act(happened); } catch (error) { note.hidden = false; note.textContent = error.message; }
  });
}
on("sign-in", "submit", async (event) => {
  await send("POST", "auth/login/", Object.fromEntries(new FormData(event.target)));
  location.reload();
});
on("register", "submit", async (event) => {
  const invite = new URLSearchParams(location.search).get("invite") ?? "";
  await send("POST", "auth/register/", {invite, password: new FormData(event.target).get("password")});
  location.replace("/api/v1/get-token/");
});
on("new", "submit", async (event) => {
  const made = await send("POST", "tokens/", Object.fromEntries(new FormData(event.target)));
  note.hidden = false;
  note.textContent = "Copy your token now, it is shown this once: " + made.token;
  event.target.reset();
});
on("tokens", "click", async (event) => {
  const id = event.target.dataset.revoke;
  if (!id || !confirm("Revoke this token? Programs that use it will be refused.")) return;
  await send("DELETE", "tokens/" + id + "/");
  location.reload();
});
"""
HEADERS = page_headers(_SCRIPT, private=True)


def sign_in_page() -> str:
    return page("Sign in", render("accounts/sign_in.html", longest=LONGEST), _SCRIPT)


def register_page() -> str:
    """Returns the page that an invitation links to. The secret stays in the URL; the page's script sends it."""
    body = render("accounts/register.html", shortest=SHORTEST, longest=LONGEST)
    return page("Choose a password", body, _SCRIPT)


def tokens_page(email: str, rows: Sequence[Token], csrf_token: str) -> str:
    """`csrf_token` is that of the browser's session."""
    shown = [_row(row) for row in rows]
    body = render("accounts/tokens.html", email=email, rows=shown, csrf_token=csrf_token)
    return page("API tokens", body, _SCRIPT)


def _row(row: Token) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "last_four": row.last_four,
        "made": _day(row.created_at),
        "until": "revoked" if row.revoked_at else _day(row.expires_at) if row.expires_at else "you revoke it",
        "is_over": row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now()),
    }


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
