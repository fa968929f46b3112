"""Citewell: a self-hosted knowledge store whose answers cite the passage behind every claim."""

from importlib.metadata import version

__version__ = version("citewell")
