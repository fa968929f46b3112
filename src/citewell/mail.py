"""Mail: through an SMTP server where one is configured, else as files in an outbox folder.

Mails are jobs of the queue: they exist if the change that they tell of does, and are tried again when the mail server
does not answer.
"""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

from citewell.jobs.publishing import defer
from citewell.jobs.queue import Retrying
from citewell.kit.addresses import is_address
from citewell.kit.ids import new_id
from citewell.kit.private import private_folder
from citewell.resources import Resources
from citewell.settings import Settings

OUTBOX = "outbox"
_SMTP_SECONDS = 20.0
_ATTEMPTS = 6


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str


async def queue_mail(session: AsyncSession, queue: procrastinate.App, mail: Mail) -> None:
    """Send the mail once the session's transaction has committed."""
    await defer(session, queue, "mail:send", to=mail.to, subject=mail.subject, text=mail.text)


def make_tasks() -> procrastinate.Blueprint:
    tasks = procrastinate.Blueprint()
    retry = Retrying(max_attempts=_ATTEMPTS, exponential_wait=4)

    @tasks.task(name="send", pass_context=True, retry=retry)
    async def send(context: procrastinate.JobContext, to: str, subject: str, text: str) -> None:
        resources: Resources = context.additional_context["resources"]
        await send_or_keep(resources, Mail(to, subject, text))

    return tasks


async def send_or_keep(resources: Resources, mail: Mail) -> None:
    """Delivers the mail like `deliver`; without an SMTP server, stores it where files are stored (folder or object
    store).
    """
    settings = resources.settings
    if settings.smtp_host is not None or resources.files.is_local:
        await asyncio.to_thread(deliver, settings, mail)
    else:
        await resources.files.put(f"{OUTBOX}/{new_id()}.eml", bytes(_message(settings, mail)))


def deliver(settings: Settings, mail: Mail) -> None:
    """Send now, or write into the outbox. Blocks. Raises OSError, smtplib.SMTPException, and ValueError for
    what is not one plain address."""
    message = _message(settings, mail)
    if settings.smtp_host is None:
        _into_outbox(settings.data_dir / OUTBOX, message)
        return
    with _connected(settings) as server:
        server.send_message(message)


def _message(settings: Settings, mail: Mail) -> EmailMessage:
    if not is_address(mail.to):
        raise ValueError("the mail is not for one plain address")
    # The newer policy refuses line breaks in headers, so no address or subject can add one of its own.
    message = EmailMessage(policy=SMTP)
    message["From"] = _sender(settings)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=_sender(settings).domain or "localhost")
    message.set_content(mail.text)
    return message


def _sender(settings: Settings) -> Address:
    """`mail_from` as an address: `kb@example.org`, or `Knowledge base <kb@example.org>`."""
    name, address = parseaddr(settings.mail_from)
    return Address(name, addr_spec=address)


def _connected(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    assert settings.smtp_host is not None
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=_SMTP_SECONDS, context=context)
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_SMTP_SECONDS)
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
    if settings.smtp_user:
        password = settings.smtp_password
        server.login(settings.smtp_user, password.get_secret_value() if password else "")
    return server


def _into_outbox(folder: Path, message: EmailMessage) -> None:
    target = private_folder(folder) / f"{new_id()}.eml"
    partial = target.with_suffix(".partial")
    partial.write_bytes(bytes(message))
    partial.rename(target)
