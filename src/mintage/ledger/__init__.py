"""An exact double-entry ledger: append-only, hash-chained, one writer, group commit."""
