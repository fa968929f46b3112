"""Sources that a project's documents come from by themselves. A connector is one file: see `protocol`."""
