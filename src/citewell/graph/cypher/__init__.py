"""openCypher, the reading half: a parser and an interpreter over a graph in memory.

There is no syntax for writing, for procedures or for files, so no query can do any of that. What a query may use of
time and memory is the business of the process that runs it (`citewell.graph.child`).
"""
