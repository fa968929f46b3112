"""Temporary datasets, and moving rows between them and tables."""
