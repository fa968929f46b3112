"""The SQL of feedback."""
