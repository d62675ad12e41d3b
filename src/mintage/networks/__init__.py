"""Preset networks: data only, one TOML each."""
