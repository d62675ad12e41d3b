"""The bench of the live half: `python -m bench.ledger`. README.md says what is measured and how to read it."""
