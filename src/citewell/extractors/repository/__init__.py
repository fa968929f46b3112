"""The SQL of extractors, of what they read and of what they make."""
