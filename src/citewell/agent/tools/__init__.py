"""The built-in tools, with one module for each."""
