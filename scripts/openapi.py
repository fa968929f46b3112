"""Write the OpenAPI document without starting a server: `scripts/openapi.py FILE`. The web app's types come from it."""

import json
import sys
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

from citewell.main import create_app
from citewell.settings import Settings


def main() -> None:
    # Nothing of it is used while routes are put together.
    process: Any = MagicMock(settings=Settings())
    document = create_app(cast(Any, process)).openapi()
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
