"""The SQL of conversations."""
