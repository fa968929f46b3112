"""The SQL of a project's export and import."""
