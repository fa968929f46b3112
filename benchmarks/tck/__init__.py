"""The openCypher TCK, its reading half, through the process that answers the project's queries."""
