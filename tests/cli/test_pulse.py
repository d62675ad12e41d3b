"""The figures of a running network: what counts as emission there is what the judgement counts."""

from __future__ import annotations

from types import SimpleNamespace

import mintage as mt
from mintage.cli.pulse import Pulse


def flow(reason: str, debit: str, credit: str, amount: float) -> SimpleNamespace:
    return SimpleNamespace(reason=reason, debit=debit, credit=credit, amount=str(amount))


def pulse(name: str, *epochs: list[SimpleNamespace]) -> Pulse:
    """A pulse that has taken these epochs, at a price of 2."""
    spec = mt.load(name)
    told = [SimpleNamespace(topic="epoch", step=i, signals={"price": [2]}) for i in range(len(epochs))]
    records = [SimpleNamespace(seq=i + 1, time_ns=0, entries=((entry, flows),)) for i, (entry, flows) in enumerate(zip(told, epochs, strict=True))]
    network = SimpleNamespace(economy=spec.economy())
    return Pulse(SimpleNamespace(spec=spec, network=network, subscribe=lambda take: None, history=lambda a, b: records, signals=dict))


def test_rewards_out_of_reserves_are_emission_and_payments_out_of_escrow_are_not():
    paid = flow("answers_sold.pay", "external/USD", "market/USD", 50)
    reward = flow("staking_rewards.reward", "staking_pool/RIT", "holders/RIT:ann", 100)
    answer = flow("answers.pay", "proofs/RIT:ann", "nodes/RIT:bob", 1000)
    p = pulse("ritual", [paid, reward, answer], [reward])
    assert [s.emitted for s in p.steps][:2] == [200, 200]
    assert p.ratio() == 8


def test_what_is_minted_into_a_reserve_is_emitted_once():
    mint = flow("emission.emit", "issuance/IO", "reward_vault/IO", 100)
    reward = flow("block_rewards.reward", "reward_vault/IO", "providers/IO:ann", 60)
    assert [s.emitted for s in pulse("io_net", [mint, reward], [reward], [mint]).steps][:3] == [200, 40, 160]
