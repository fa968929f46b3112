"""The SQL of retrieval: which documents, chunks and objects pass its filters."""
