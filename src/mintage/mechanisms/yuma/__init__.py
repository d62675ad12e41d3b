"""Yuma Consensus, with which Bittensor pays miners and validators."""
