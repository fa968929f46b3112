"""The SQL of cells: copies of accounts, the directory, and the rows of projects themselves."""
