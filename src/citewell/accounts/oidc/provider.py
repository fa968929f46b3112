"""Requests to an identity provider: its metadata, its keys, and the tokens of a sign-in.

The operator names the providers, so they may have any address. Their answers are bounded and checked all the same.
"""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from citewell.errors import NotAuthenticated, Unavailable
from citewell.kit.http import HttpClient, NoReply, ReplyTooLarge
from citewell.settings import OidcProvider

# Only asymmetric signatures: whoever has a shared secret could sign tokens for anybody.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_MOST_BYTES = 256 * 1024
_FRESH_SECONDS = 3600.0
_KEYS_SECONDS = 30.0  # between two fetches of the keys because of an unknown key
_LEEWAY_SECONDS = 60
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class SignedInThere:
    """`claims` are those of the ID token, and those of the userinfo endpoint that it leaves out. `refresh_token` is
    None if the provider gives none."""

    claims: dict[str, Any]
    refresh_token: str | None = field(repr=False)


@dataclass
class Provider:
    """One provider of the settings. `key` is its name in addresses."""

    key: str
    settings: OidcProvider
    http: HttpClient = field(default_factory=lambda: HttpClient(seconds=10, attempts=2, connections=10))
    _metadata: dict[str, Any] = field(default_factory=dict)
    _metadata_at: float = 0.0
    _keys: KeySet | None = None
    _keys_at: float = 0.0

    async def check(self) -> None:
        """Raises Unavailable if the provider does not answer, or answers for another issuer."""
        await self._discover()

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Returns the URL that the browser opens to sign in."""
        metadata = await self._discover()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def signed_in(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> SignedInThere:
        """Exchange the code for tokens; returns what the provider says of the person. Raises NotAuthenticated."""
        metadata = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        tokens = await self._tokens(metadata, form)
        if not isinstance(tokens.get("id_token"), str):
            raise NotAuthenticated("The identity provider did not accept this sign-in: begin again.")
        claims = await self._verified(tokens["id_token"], essential=("exp", "iat", "sub"))
        if claims.get("nonce") != nonce:
            raise NotAuthenticated("The identity provider's answer belongs to another sign-in: begin again.")
        if metadata.get("userinfo_endpoint") and isinstance(tokens.get("access_token"), str):
            headers = {"Authorization": f"Bearer {tokens['access_token']}"}
            more = await self._json("GET", str(metadata["userinfo_endpoint"]), headers=headers)
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        refresh_token = tokens.get("refresh_token")
        return SignedInThere(claims, refresh_token if isinstance(refresh_token, str) else None)

    async def renewed(self, refresh_token: str) -> str | None:
        """Use a refresh token; returns the one that replaces it, or None if the provider ended the session.

        Raises Unavailable if the provider gives neither answer.
        """
        metadata = await self._discover()
        tokens = await self._tokens(metadata, {"grant_type": "refresh_token", "refresh_token": refresh_token})
        if tokens.get("error") == "invalid_grant":
            return None
        if not tokens.get("access_token"):
            raise Unavailable(f"{self.settings.name} did not answer whether the session is still valid.")
        return str(tokens.get("refresh_token") or refresh_token)

    async def _tokens(self, metadata: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        """Returns the token endpoint's answer.

        The secret goes into the header, as every provider takes it (RFC 6749, 2.3.1), unless the provider names only
        other ways.
        """
        client, secret = self.settings.client_id, self.settings.client_secret.get_secret_value()
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        headers = {}
        if secret and "client_secret_basic" in ways:
            pair = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form = form | {"client_id": client} | ({"client_secret": secret} if secret else {})
        return await self._json("POST", str(metadata["token_endpoint"]), data=form, headers=headers)

    async def logout_of(self, token: str) -> tuple[str | None, str | None]:
        """Returns the subject and the session that a logout token ends (OpenID Connect Back-Channel Logout 1.0, 2.6).

        Raises NotAuthenticated.
        """
        claims = await self._verified(token, essential=("iat", "jti", "exp"))
        events = claims.get("events")
        is_logout = isinstance(events, dict) and LOGOUT_EVENT in events
        if not is_logout or "nonce" in claims or not (claims.get("sub") or claims.get("sid")):
            raise NotAuthenticated("This is not a logout token.")
        return claims.get("sub"), claims.get("sid")

    async def _verified(self, token: str, essential: tuple[str, ...]) -> dict[str, Any]:
        try:
            claims = dict((await self._decoded(token)).claims)
            needed: dict[str, Any] = {name: {"essential": True} for name in essential}
            needed["iss"] = {"essential": True, "value": self.settings.issuer}
            needed["aud"] = {"essential": True, "value": self.settings.client_id}
            jwt.JWTClaimsRegistry(leeway=_LEEWAY_SECONDS, **needed).validate(claims)
        except (JoseError, ValueError) as error:
            raise NotAuthenticated(f"The identity provider's token is not valid ({type(error).__name__}).") from None
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.settings.client_id:
            raise NotAuthenticated("The identity provider's token is for another program.")
        return claims

    async def _decoded(self, token: str) -> jwt.Token:
        """A key that is not known is looked for once: providers change theirs."""
        try:
            return jwt.decode(token, await self._key_set(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            if time.monotonic() - self._keys_at < _KEYS_SECONDS:
                raise
        return jwt.decode(token, await self._key_set(anew=True), algorithms=_ALGORITHMS)

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew or time.monotonic() - self._keys_at > _FRESH_SECONDS:
            found = await self._json("GET", str((await self._discover())["jwks_uri"]))
            self._keys, self._keys_at = KeySet.import_key_set(found), time.monotonic()  # type: ignore[arg-type]
        return self._keys

    async def _discover(self) -> dict[str, Any]:
        """Returns the provider's metadata. Raises Unavailable."""
        if not self._metadata or time.monotonic() - self._metadata_at > _FRESH_SECONDS:
            url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = await self._json("GET", url)
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if found.get("issuer") != self.settings.issuer or not all(isinstance(found.get(n), str) for n in needed):
                raise Unavailable(
                    f"{self.settings.name} is not the issuer {self.settings.issuer}: correct that setting."
                )
            self._metadata, self._metadata_at = found, time.monotonic()
        return self._metadata

    async def _json(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        try:
            reply = await self.http.send(method, url, max_bytes=_MOST_BYTES, **request)
            found = json.loads(reply.body)
        except (NoReply, ReplyTooLarge):
            raise Unavailable(f"{self.settings.name} does not answer: try again later.") from None
        except ValueError:
            raise Unavailable(f"{self.settings.name} did not answer with JSON: check its issuer.") from None
        return found if isinstance(found, dict) else {}
