"""The HTTP edge of a live network: routes generated from the mechanisms' declared events."""
