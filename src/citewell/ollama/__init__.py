"""Ollama's API (`/api/chat`, `/api/tags`, `/api/show`, `/api/version`), for clients that speak no other."""
