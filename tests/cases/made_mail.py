"""Mail whose attachments or text were once not read."""

import base64
import binascii
import datetime
import struct
from email.message import EmailMessage

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests.cases.case import Case
from tests.ingestion.containers import msg


def _attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _wide(number: int, text: str) -> bytes:
    value = text.encode("utf-16-le") + b"\0\0"
    return struct.pack("<HHII", 0x1F, number, 1, len(value)) + value + bytes(-len(value) % 4)


def packed(text: str) -> bytes:
    """A mail of Outlook to another program: its attachment is in a "winmail.dat"."""
    named = struct.pack("<I", 2) + struct.pack("<HHI", 3, 0x0E20, 7) + _wide(0x3707, "Lieferung März.txt")
    content = struct.pack("<IH", 0x223E9F78, 1) + _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    content += _attribute(1, 0x0002800C, b"Body for Outlook alone.\0") + _attribute(2, 0x00069002, bytes(14))
    content += _attribute(2, 0x00018010, b"LIEFER~1.TXT\0") + _attribute(2, 0x0006800F, b"Nine sacks of barley.")
    content += _attribute(2, 0x00069005, named)
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Delivery", "ada@example.org"
    mail.set_content(text)
    mail.add_attachment(content, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return mail.as_bytes()


def signed(content: bytes) -> bytes:
    """Content in a container with a signature (CMS signed-data, DER)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ada")])
    day = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + datetime.timedelta(days=9))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def in_parts(content: bytes) -> bytes:
    """The same container as streams are written: lengths that are not known before, the content in pieces (BER)."""
    octets = b"".join(b"\x04" + bytes([len(piece)]) + piece for piece in (content[:50], content[50:150], content[150:]))
    inner = b"\x30\x80\x06\x09" + _PKCS7 + b"\1\xa0\x80\x24\x80" + octets + bytes(6)
    return b"\x30\x80\x06\x09" + _PKCS7 + b"\2\xa0\x80\x30\x80\2\1\1\x31\0" + inner + b"\x31\0" + bytes(6)


def opaque(container: bytes, kind: str = "signed-data") -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Signed", "ada@example.org"
    mail.set_content(container, maintype="application", subtype="pkcs7-mime", filename="smime.p7m")
    mail.set_param("smime-type", kind)
    return mail.as_bytes()


def with_file() -> bytes:
    inner = EmailMessage()
    inner.set_content("The price of rye is 214 crowns.")
    inner.add_attachment("Kind;Tons\nRye;12\n", subtype="csv", filename="harvest.csv")
    return inner.as_bytes()


def with_signed_file() -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Invoice", "ada@example.org"
    mail.set_content("See the invoice.")
    mail.add_attachment(
        signed(b"Due: 77 crowns"), maintype="application", subtype="pkcs7-mime", filename="invoice.txt.p7m"
    )
    return mail.as_bytes()


def of_parts(*parts: tuple[str, str], kind: str = "mixed") -> bytes:
    """A mail with these parts: the type of each and its content."""
    body = "".join(f"--b\nContent-Type: {part}\n\n{content}\n" for part, content in parts)
    return f"From: a@example.org\nSubject: x\nContent-Type: multipart/{kind}; boundary=b\n\n{body}--b--\n".encode()


_CHOICE = "multipart/alternative; boundary=c"
_TWO_FORMS = (
    "--c\nContent-Type: text/plain\n\nThe carts leave at dawn.\n"
    "--c\nContent-Type: text/html\n\n<p>The carts leave at <b>dawn</b>.</p>\n--c--"
)
_STATUS = "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bo@example.org\nStatus: 5.1.1"

_PKCS7 = bytes.fromhex("2a864886f70d0107")
UUENCODED = b"From: a@example.org\nSubject: Old\n\nSee the file.\n\nbegin 644 note.txt\n%s`\nend\nBye.\n"
SEALED = (
    b"From: a@example.org\nSubject: Sealed\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; "
    b"name=smime.p7m\nContent-Transfer-Encoding: base64\n\nAAAA\n"
)

CASES = [
    Case("page-then-footer.eml", of_parts(("text/html", "<p>The carts leave at dawn.</p>"), ("text/plain", "This message is for its reader alone, whoever has got it by mistake should delete it.")), "+ The carts leave at dawn. This message is for"),
    Case("forms-then-footer.eml", of_parts((_CHOICE, _TWO_FORMS), ("text/plain", "Sent by the list.")), "+ The carts leave at dawn. Sent by the list.\nN 4"),
    Case("forms-unmarked.eml", of_parts(("text/plain", "The carts leave at dawn."), ("text/html", "<p>The carts leave at <b>dawn</b>.</p>")), "N 3"),
    Case("page-then-status.eml", of_parts(("text/html", "<p>Your message could not be delivered.</p>"), ("message/delivery-status", _STATUS), kind="report"), "+ could not be delivered\n+ Final-Recipient: rfc822; bo@example.org"),
    Case("packed.eml", lambda: packed("Attached."), "+ Attached.\nH Attachment: Lieferung März.txt\n+ Nine sacks of barley.\n- for Outlook alone"),
    Case("packed-alone.eml", lambda: packed(""), "+ Body for Outlook alone.\n+ Nine sacks of barley."),
    Case("uuencoded.eml", UUENCODED % binascii.b2a_uu(b"Four sacks of oats."), "+ See the file. Bye.\nH Attachment: note.txt\n+ Four sacks of oats.\n- begin 644"),
    Case("sealed.eml", SEALED, "H Sealed\nW encrypted"),
    Case("opaque.eml", lambda: opaque(signed(with_file())), "H Signed\n+ The price of rye is 214 crowns.\nH Attachment: harvest.csv\nT Rye | 12"),
    Case("opaque-twice.eml", lambda: opaque(signed(opaque(signed(with_file())))), "+ The price of rye is 214 crowns."),
    Case("opaque-in-parts.eml", lambda: opaque(in_parts(b"Content-Type: text/plain\n\n" + b"Nine sacks. " * 20)), "+ Nine sacks. Nine sacks."),
    Case("opaque-broken.eml", lambda: opaque(signed(with_file())[:99]), "H Signed\nW damaged"),
    Case("opaque.msg", lambda: msg({"0037": "Signed", "001A": "IPM.Note.SMIME"}, {"smime.p7m": signed(with_file())}), "H Signed\n+ The price of rye is 214 crowns.\nH Attachment: harvest.csv"),
    Case("clear-signed.msg", lambda: msg({"0037": "Signed", "001A": "IPM.Note.SMIME.MultipartSigned"}, {"smime.p7m": with_file()}), "H Signed\n+ The price of rye is 214 crowns.\nH Attachment: harvest.csv"),
    Case("signed-file.eml", with_signed_file, "H Attachment: invoice.txt.p7m\n+ Due: 77 crowns"),
    Case("invoice.txt.p7m", lambda: signed(b"Due: 77 crowns"), "+ Due: 77 crowns"),
    Case("invoice-base64.p7m", lambda: base64.encodebytes(signed(b"Due: 77 crowns")), "+ Due: 77 crowns"),
]  # fmt: skip
