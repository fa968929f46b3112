"""The SQL of tables."""
