"""Text analysis and retrieval. See README.md in this folder."""
