"""Our own OAuth 2.1 authorization server: programs get tokens of people who consent, for the MCP server alone.

The way of a grant: a client introduces itself (`clients.py`: registered, or by its metadata document); its user signs
in and consents (`routes.py`, `consent.py`); a code is exchanged for tokens, which rotate (`grants.py`).
"""
