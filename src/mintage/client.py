"""The typed client of a live network's HTTP API."""
