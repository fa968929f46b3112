"""The tools that the agent itself brings, one a module."""
