"""The authorization request: checked, shown to the person, and answered with a redirect."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from citewell.db.engine import Database
from citewell.kit.html import page, page_headers
from citewell.kit.public_http import PublicFetcher
from citewell.kit.templates import render
from citewell.mcp.oauth.clients import find_client
from citewell.mcp.oauth.discovery import SCOPES, resource_of
from citewell.mcp.oauth.errors import OAuthError
from citewell.mcp.oauth.grants import Wanted, check_challenge
from citewell.mcp.oauth.redirects import matches
from citewell.models import OAuthClient, Project

FIELDS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "resource", "code_challenge",
    "code_challenge_method",
)  # fmt: skip
_LONGEST_STATE = 4000


class Redirected(Exception):
    """An error that the client is told by a redirect, because its address is known to be its own."""

    def __init__(self, redirect_uri: str, state: str | None, error: OAuthError) -> None:
        super().__init__(error.message)
        self.redirect_uri = redirect_uri
        self.state = state
        self.error = error


async def read_request(
    database: Database, fetcher: PublicFetcher, base: str, fields: Mapping[str, str], peer: str
) -> tuple[OAuthClient, Wanted]:
    """Returns (the client, what it asks for).

    Raises OAuthError where only the person may be told: the client or the redirect address is unknown. Raises
    Redirected for every other fault.
    """
    client = await find_client(database, fetcher, fields.get("client_id", ""), peer)
    redirect_uri = fields.get("redirect_uri", "")
    if not redirect_uri and len(client.redirect_uris) == 1:
        redirect_uri = client.redirect_uris[0]
    if not matches(redirect_uri, client.redirect_uris):
        raise OAuthError("invalid_request", "redirect_uri is not one that this client has registered.")
    state = fields.get("state")
    try:
        return client, _read_request(client, base, fields, redirect_uri, state)
    except OAuthError as error:
        raise Redirected(redirect_uri, state, error) from None


def _read_request(
    client: OAuthClient, base: str, fields: Mapping[str, str], redirect_uri: str, state: str | None
) -> Wanted:
    if state is not None and len(state) > _LONGEST_STATE:
        raise OAuthError("invalid_request", f"state may have at most {_LONGEST_STATE} characters.")
    if fields.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    challenge = check_challenge(fields.get("code_challenge"), fields.get("code_challenge_method"))
    scopes = [scope for scope in dict.fromkeys(fields.get("scope", "").split()) if scope in SCOPES]
    resource = resource_of(base)
    if (asked := fields.get("resource")) and asked.rstrip("/") != resource:
        raise OAuthError("invalid_target", f"resource must be {resource}.")
    return Wanted(client.id, redirect_uri, scopes or ["openid"], resource, challenge, state)


def redirect_to(redirect_uri: str, base: str, state: str | None, **answer: str) -> str:
    """The client's address with the answer in its query. `iss` says who answers (RFC 9207)."""
    values = answer | ({"state": state} if state is not None else {}) | {"iss": base}
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(values)}"


def consent_page(
    client: OAuthClient, wanted: Wanted, email: str, projects: Sequence[Project], fields: Mapping[str, str], csrf: str
) -> tuple[str, dict[str, str]]:
    """The page and its headers."""
    parts = urlsplit(wanted.redirect_uri)
    shown = {name: fields[name] for name in FIELDS if name in fields} | {"csrf": csrf}
    body = render(
        "oauth/consent.html",
        client=client,
        email=email,
        leads_to=parts.hostname or f"{parts.scheme}: (a program on this device)",
        projects=projects,
        scopes=wanted.scopes,
        fields=shown,
    )
    headers = page_headers(private=True)
    # Browsers hold the redirect behind a form to the page's policy, so it names where the answer leads.
    origin = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"
    policy = headers["Content-Security-Policy"].replace("form-action 'none'", f"form-action 'self' {origin}")
    return page("Authorize", body), headers | {"Content-Security-Policy": policy, "X-Frame-Options": "DENY"}


def problem_page(message: str) -> tuple[str, dict[str, str]]:
    return page("Authorize", render("oauth/problem.html", message=message)), page_headers(private=True)


def chosen_projects(reach: str, chosen: Sequence[str], projects: Sequence[Project]) -> list[UUID] | None:
    """Returns the projects that the person ticked; None for all of theirs. Raises OAuthError for none at all."""
    if reach == "all":
        return None
    known = {str(project.id): project.id for project in projects}
    found = [known[one] for one in chosen if one in known]
    if not found:
        raise OAuthError("access_denied", "No store was chosen.")
    return found
