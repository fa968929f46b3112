"""Mail through a real SMTP server: encrypted or not, with and without a password, and when it does not answer."""

import email
import email.policy
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from citewell.mail import Mail, deliver, queue_mail
from citewell.process import open_process
from citewell.settings import Settings
from tests.conftest import make_settings
from tests.waiting import until

MAIL = Mail("ada@example.org", "Invitation to Caf\u00e9", "Bonjour.\nChoose a password: https://kb.example.org/x\n")


class Inbox:
    """What an SMTP server was given: messages, and the names and passwords of those who signed in."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refuse = 0  # so many messages first

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.refuse:
            self.refuse -= 1
            return "451 Try again later"
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


class Listening(Controller):
    """On a port that is free."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


Start = Callable[[str], tuple[Inbox, int]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a server with `none`, `starttls` or `tls`; its certificate is trusted as those of the system are."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    with ExitStack() as stack:
        yield lambda security: stack.enter_context(serving(security, context))


@contextmanager
def serving(security: str, context: ssl.SSLContext) -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    more: dict[str, Any] = {"authenticator": inbox.authenticate, "auth_require_tls": security == "starttls"}
    if security == "starttls":
        more |= {"tls_context": context, "require_starttls": True}
    elif security == "tls":
        more |= {"ssl_context": context}
    controller = Listening(inbox, hostname="127.0.0.1", port=0, **more)
    controller.start()
    try:
        yield inbox, controller.port
    finally:
        controller.stop()


def settings_for(folder: Path, port: int, security: str, **more: Any) -> Settings:
    where = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": security}
    return Settings(data_dir=folder, mail_from="kb@example.org", **where, **more)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_arrives(start: Start, tmp_path: Path, security: str) -> None:
    inbox, port = start(security)
    deliver(settings_for(tmp_path, port, security, smtp_user="kb", smtp_password="right"), MAIL)
    [message] = inbox.messages
    assert (message["From"], message["To"], message["Subject"]) == ("kb@example.org", MAIL.to, MAIL.subject)
    assert message.get_content().replace("\r\n", "\n") == MAIL.text
    assert inbox.logins == [(b"kb", b"right")]
    assert not (tmp_path / "outbox").exists()


def test_no_password_goes_over_a_connection_that_cannot_be_encrypted(start: Start, tmp_path: Path) -> None:
    inbox, port = start("none")
    with pytest.raises(smtplib.SMTPException):
        deliver(settings_for(tmp_path, port, "starttls", smtp_user="kb", smtp_password="right"), MAIL)
    assert (inbox.logins, inbox.messages) == ([], [])


def test_a_certificate_that_nobody_trusts_is_refused(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    for security in ("starttls", "tls"):
        inbox, port = start(security)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
        with pytest.raises(ssl.SSLCertVerificationError):
            deliver(settings_for(tmp_path, port, security, smtp_user="kb", smtp_password="right"), MAIL)
        assert (inbox.logins, inbox.messages) == ([], [])


def test_a_wrong_password_is_an_error(start: Start, tmp_path: Path) -> None:
    inbox, port = start("starttls")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        deliver(settings_for(tmp_path, port, "starttls", smtp_user="kb", smtp_password="wrong"), MAIL)
    assert inbox.messages == []


def test_a_subject_cannot_add_a_header(start: Start, tmp_path: Path) -> None:
    inbox, port = start("none")
    deliver(settings_for(tmp_path, port, "none"), Mail(MAIL.to, "Hello\r\nBcc: eve@example.org", "Hi"))
    [message] = inbox.messages
    assert (message["Subject"], message["Bcc"]) == ("Hello Bcc: eve@example.org", None)
    with pytest.raises(ValueError, match="one plain address"):
        deliver(settings_for(tmp_path, port, "none"), Mail("ada@example.org\r\nBcc: eve@example.org", "Hello", "Hi"))


async def test_the_worker_tries_again(start: Start, clone: Any, tmp_path: Path) -> None:
    """A mail that the server puts off arrives later, once."""
    inbox, port = start("none")
    inbox.refuse = 1
    more = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": "none", "embedding": "none"}
    async with open_process(make_settings(clone(), tmp_path, **more), worker=True) as process:
        async with process.database.write() as session:
            await queue_mail(session, process.queue, MAIL)
        await until(lambda: inbox.messages)
    assert [message["Subject"] for message in inbox.messages] == [MAIL.subject]
    assert inbox.refuse == 0
