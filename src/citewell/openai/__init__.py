"""The wire formats of OpenAI over our agents: whatever speaks them gets answers with their citations.

Not a second engine: an agent of a project is a model, its answer is a completion, a project is a vector store.
"""
