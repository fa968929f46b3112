"""Signing in at the company's identity provider: OpenID Connect, with the authorization code flow and PKCE."""
