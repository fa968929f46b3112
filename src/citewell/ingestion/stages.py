"""The stages of a version and the keys of its steps, as their rows hold them."""

UPLOADED = "uploaded"  # the stage of a version before its first step
ENDED = ("published", "failed", "deleted", "superseded")


def kind_of(key: str) -> str:
    """Returns the name of the step that a row's key belongs to."""
    return key.partition(":")[0]
