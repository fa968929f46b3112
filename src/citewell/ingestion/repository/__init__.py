"""The SQL of processing documents."""
