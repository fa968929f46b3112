"""Mail whose attachments or text were once not read."""

import binascii
import struct
from email.message import EmailMessage

from tests.cases.case import Case


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


UUENCODED = b"From: a@example.org\nSubject: Old\n\nSee the file.\n\nbegin 644 note.txt\n%s`\nend\nBye.\n"
SEALED = (
    b"From: a@example.org\nSubject: Sealed\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; "
    b"name=smime.p7m\nContent-Transfer-Encoding: base64\n\nAAAA\n"
)

CASES = [
    Case("packed.eml", lambda: packed("Attached."), "+ Attached.\nH Attachment: Lieferung März.txt\n+ Nine sacks of barley.\n- for Outlook alone"),
    Case("packed-alone.eml", lambda: packed(""), "+ Body for Outlook alone.\n+ Nine sacks of barley."),
    Case("uuencoded.eml", UUENCODED % binascii.b2a_uu(b"Four sacks of oats."), "+ See the file. Bye.\nH Attachment: note.txt\n+ Four sacks of oats.\n- begin 644"),
    Case("sealed.eml", SEALED, "H Sealed\nW encrypted"),
]  # fmt: skip
