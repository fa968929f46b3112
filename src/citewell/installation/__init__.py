"""Findings about the installation for `citewell doctor` and administrators, and gauges for Prometheus."""
