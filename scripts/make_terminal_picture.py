"""Draw docs/images/ask.svg: `citewell ask` on the sample documents, as a terminal shows it.

Usage: python scripts/make_terminal_picture.py
"""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
QUESTION = "How long may a K2 sensor stay in the field before its battery must be replaced?"
COLUMNS = 96
# Like rich's own frame, with the reader's fonts: its default loads some from elsewhere.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    documents = sorted((ROOT / "src" / "citewell" / "demo" / "documents").glob("*.*"))
    names = [path.name for path in documents if path.suffix != ".py"]
    folder = documents[0].parent
    shown = subprocess.run(
        [sys.executable, "-m", "citewell", "ask", QUESTION, *names],
        cwd=folder,
        env=os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    ).stdout
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.assemble(("$ ", "bold green"), f'citewell ask "{QUESTION}" *\n'))
        console.print(Text.from_ansi(shown))
        picture = console.export_svg(title="citewell ask", code_format=FRAME, unique_id="ask")
    target = ROOT / "docs" / "images" / "ask.svg"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n")


if __name__ == "__main__":
    main()
