"""What a check of the installation found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the report. `level`: ok, note (works without), bad (must be mended)."""

    level: str
    subject: str
    text: str
