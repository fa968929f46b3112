"""The graph of a project: objects and their relations, asked with read-only openCypher."""
