"""What a server can say of itself: findings for `citewell doctor` and the administrator, and gauges for Prometheus."""
