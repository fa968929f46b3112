"""A client of the authorization server, for tests."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx

from citewell.auth.sessions import COOKIE, csrf_token

BACK = "https://client.example/callback"


@dataclass
class Program:
    """A client of the authorization server, and the person who uses it in a browser."""

    http: httpx.AsyncClient
    cookie: str
    client_id: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    async def register(self, **more: Any) -> httpx.Response:
        answer = await self.http.post(
            "/o/register/", json={"client_name": "Ada's agent", "redirect_uris": [BACK]} | more
        )
        if answer.status_code == 201:
            self.client_id = answer.json()["client_id"]
        return answer

    def request(self, **more: str) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "state": "s+1",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return asked | more

    async def page(self, **more: str) -> httpx.Response:
        return await self.http.get(
            "/o/authorize/", params=self.request(**more), headers={"Cookie": f"{COOKIE}={self.cookie}"}
        )

    async def decide(self, decision: str = "allow", **more: Any) -> httpx.Response:
        form = self.request() | {"csrf": csrf_token(self.cookie), "decision": decision, "reach": "all"} | more
        return await self.http.post("/o/authorize/", data=form, headers={"Cookie": f"{COOKIE}={self.cookie}"})

    async def code(self) -> str:
        return answer_of(await self.decide())["code"]

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post("/o/token/", data={"client_id": self.client_id} | form)

    async def exchange(self, code: str, **more: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        return await self.token(**form | more)


def answer_of(redirect: httpx.Response) -> dict[str, str]:
    assert redirect.status_code == 303, redirect.text
    assert redirect.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect.headers["location"]).query).items()}
