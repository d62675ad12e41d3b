"""The network that runs: the very mechanisms that were simulated, on one path, in exact amounts, posted to the ledger."""
