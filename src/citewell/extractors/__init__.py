"""Extractors: from documents to rows. `families.py` says which there are, `running.py` runs one over documents."""
