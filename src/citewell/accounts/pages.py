"""Pages for a browser: signing in, taking up an invitation, and one's API tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from citewell.auth.passwords import LONGEST, SHORTEST
from citewell.kit.html import page, page_headers, template
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
_NOTES = Markup(
    '<p class="note" id="note" role="alert" hidden></p>'
    '<noscript><p class="note">This page needs scripts. The API does not: see /docs.</p></noscript>'
)
_SIGN_IN = """
<h1>Sign in</h1>{{ note }}
<form id="sign-in">
<label>Email<br>
<input name="email" type="email" autocomplete="username" required maxlength="320"></label>
<label>Password<br>
<input name="password" type="password" autocomplete="current-password" required maxlength="{{ longest }}"></label>
<button>Sign in</button>
</form>
"""
_REGISTER = """
<h1>Choose a password</h1>
<p>It makes your account, with access to the project that you were invited to.</p>
{{ note }}
<form id="register">
<label>Password: {{ shortest }} characters or more, a few random words make a good one<br>
<input name="password" type="password" autocomplete="new-password" required
minlength="{{ shortest }}" maxlength="{{ longest }}"></label>
<button>Accept the invitation</button>
</form>
"""
_TOKENS = """
<h1>API tokens</h1>
<p>Of {{ email }}. A program sends its token in the header <code>Authorization: Bearer &lt;token&gt;</code>.</p>
{{ note }}
<form id="new" data-csrf="{{ csrf_token }}">
<label>Name of a new token<br><input name="name" required maxlength="200" placeholder="What it is for"></label>
<button>Make a token</button>
</form>
<h2>Tokens</h2>
<table id="tokens"><thead><tr><th>Name</th><th>Ends with</th><th>Made</th><th>Good until</th><th></th></tr></thead>
<tbody>{% for row in rows %}
<tr><td>{{ row.name }}</td><td>{{ row.last_four }}</td><td>{{ row.made }}</td><td>{{ row.until }}</td>
<td>{% if not row.is_over %}<button type="button" data-revoke="{{ row.id }}">Revoke</button>{% endif %}</td></tr>
{% else %}<tr><td colspan="5">None yet.</td></tr>{% endfor %}</tbody></table>
<p><a href="/docs">How to use the API</a></p>
"""


def sign_in_page() -> str:
    return page("Sign in", template(_SIGN_IN).render(note=_NOTES, longest=LONGEST), _SCRIPT)


def register_page() -> str:
    """Where the link in an invitation leads: the secret stays in the address, and the script sends it."""
    body = template(_REGISTER).render(note=_NOTES, shortest=SHORTEST, longest=LONGEST)
    return page("Choose a password", body, _SCRIPT)


def tokens_page(email: str, rows: Sequence[Token], csrf_token: str) -> str:
    """`csrf_token` is that of the browser's session."""
    shown = [_row(row) for row in rows]
    body = template(_TOKENS).render(email=email, rows=shown, csrf_token=csrf_token, note=_NOTES)
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
