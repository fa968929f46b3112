"""The documents that clients read before they have a token: who protects the MCP server, and how to get a token
(RFC 9728, 8414).
"""

from typing import Any

SCOPES = ("openid", "offline_access", "claudeai")
# Clients do not ask for it: the person ticks it on the consent page. A document that tricks a client into an edit then
# finds it without the right to make one.
EDIT_SCOPE = "artifacts:edit"


def resource_of(base: str) -> str:
    """The MCP server's address, which every token names as its audience."""
    return f"{base}/mcp"


def protected_resource(base: str) -> dict[str, Any]:
    return {
        "resource": resource_of(base),
        "authorization_servers": [base],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": "Citewell",
        "resource_documentation": f"{base}/docs/mcp",
    }


def authorization_server(base: str) -> dict[str, Any]:
    methods = ["none", "client_secret_basic", "client_secret_post"]
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/o/authorize/",
        "token_endpoint": f"{base}/o/token/",
        "registration_endpoint": f"{base}/o/register/",
        "revocation_endpoint": f"{base}/o/revoke/",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "scopes_supported": list(SCOPES),
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{base}/docs/mcp",
    }
