"""The reading part of openCypher: a parser, and an interpreter on a graph in memory.

There is no syntax for writing, for procedures or for files, so no query can do any of these. The process that runs a
query limits its time and memory (`citewell.graph.child`).
"""
