"""Characters of scripts that put no spaces between words."""

import re

UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # a character of Chinese or Japanese
