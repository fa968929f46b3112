"""The SQL of evaluation."""
