"""Sources from which a project imports documents automatically. A connector is one file: see `protocol`."""
