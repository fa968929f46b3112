"""Projects in several PostgreSQL clusters.

Each cell is a whole Citewell database with a queue of its own. The home cell has the accounts (users, credentials,
permissions, invites) and the directory that says where a project lives; other cells hold copies of the accounts, which
their foreign keys and their streams need. A server opens every cell and hands each request to the application of the
cell that its address leads to. With one cell, nothing of this runs. See docs/decisions/0022-cells.md.
"""
