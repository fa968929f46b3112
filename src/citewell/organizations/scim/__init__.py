"""SCIM 2.0 (RFC 7643, RFC 7644): a company's directory keeps its users and groups here as they are there."""
