"""The SQL of turns: opening and closing them, their logs, leases and messages."""
