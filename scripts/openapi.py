"""Write the OpenAPI document without starting a server: `scripts/openapi.py FILE`. The web app's types come from it."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from citewell.main import create_app
from citewell.settings import Settings


def main() -> None:
    process: Any = SimpleNamespace(settings=Settings(), turns=None)
    document = create_app(cast(Any, process)).openapi()
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
