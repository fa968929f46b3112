"""The agent: a loop over a model and tools. It sees neither HTTP nor the database."""
