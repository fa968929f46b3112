"""The SQL of a search."""
