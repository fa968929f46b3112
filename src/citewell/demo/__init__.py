"""Sample documents of an invented company, for the first start; `scripts/make_demo_documents.py` makes them."""
