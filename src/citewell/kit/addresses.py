"""Mail addresses."""

from email.errors import MessageError
from email.headerregistry import Address

_LONGEST_NAME, _LONGEST_DOMAIN = 64, 190  # characters


def is_address(text: str) -> bool:
    """Whether the text is one plain address that all mail programs read alike: no quoting, no comment, no list."""
    if not text.isprintable() or any(char in text for char in ' ,;:<>()[]"\\') or text.count("@") != 1:
        return False
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return False
    name, domain = address.username, address.domain
    is_short = 0 < len(name) <= _LONGEST_NAME and 0 < len(domain) <= _LONGEST_DOMAIN
    return is_short and address.addr_spec == text
