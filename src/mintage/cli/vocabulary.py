"""The vocabulary as a reader looks for it: chapters, and the names that other people use for what is here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from typing import Any

CHAPTERS = {  # modules below `mintage.mechanisms`; a folder stands for all that it holds
    "Minting": "emission emission_declining emission_halving emission_inflation emission_governed control",
    "Paying with tokens: burns, credits, fuel, pegs": "burn_mint credits cycles compute_peg incentives cash",
    "Fees, revenue, subscriptions, agents that pay": "fees two_sided_fee revenue subscriptions leases infernet agents self_funding",
    "Markets, auctions, prices": "market liquidity oracle curves curves_augmented auctions slots matching",
    "Work: who gets it, what it earns, whether it was done": "scheduler rewards feedback trust",
    "Staking": "staking stakers delegation soft_staking device_stake access slashing",
    "Governance: votes, neurons, treasuries": "governance liquid_democracy voting neurons maturity treasury foundation",
    "Vesting, sales, shares of a company": "vesting sales upgrade equity",
    "People: customers, providers, holders": "demand participants providers selling personhood",
    "Subnets and Yuma Consensus": "subnets yuma",
    "The outside world (processes)": "processes",
}
OTHERS = "From other packages"
SHORT = 36  # letters of a first sentence that says too little alone

KNOWN_AS = {  # what the field says -> our names; several words for one thing are parted by commas
    "airdrop": "vesting personhood_grants",
    "algorithmic monetary policy, PID controller": "supply_controller utilisation_bands dynamic_fee",
    "AMM, automated market maker, DEX, constant product": "liquidity_pool order_flow_price weighted_pool bonding_curve",
    "appeal, dispute": "slashing",
    "arbitrage": "share_arbitrage peg_traders",
    "bank run": "soft_run",
    "base fee, EIP-1559": "dynamic_fee revenue_burn",
    "block reward": "emission_schedule halving_emission",
    "BME, burn and mint": "burn_mint compute_credits cycles",
    "Brownian motion, random walk": "gbm gbm_return",
    "buyback": "buyback_burn incentive_engine",
    "churn, retention": "subscription users",
    "circuit breaker": "supply_controller",
    "cliff, unlock, lockup": "vesting token_sale lock_staking",
    "data credits": "cycles compute_credits burn_mint",
    "DePIN": "availability_rewards work_rewards device_rewards provider_entry",
    "dividend": "token_dividend revenue_split dual_class_treasury dividend_distribution",
    "DPoS, delegated proof of stake": "delegation",
    "dTAO": "subnet_pools subnet_prices subnet_emission",
    "Dutch auction": "neuron_registration",
    "emergency powers, multisig": "foundation_powers",
    "escrow": "reverse_auction agent_market burn_mint infernet",
    "fee switch": "revenue_split payment_split",
    "gas": "cycle_costs cycles dynamic_fee",
    "GPU marketplace": "reverse_auction bidding_market scheduler lease_payments",
    "grants programme": "grants treasury_grant",
    "growth curve, adoption, S-curve": "trend users",
    "ICO, IDO, launchpad, private round": "token_sale sale_demand augmented_curve",
    "inflation": "annual_inflation bonded_inflation declining_emission",
    "IPO, stock, SPAC": "listing share_price",
    "liquidity mining, LP token": "liquidity_pool lp_stake",
    "lottery, sortition": "priority_slots",
    "micropayments, machine payments": "agent_market subscription",
    "mining reward, proof of useful work": "work_rewards availability_rewards compute_score",
    "monthly plan, SaaS": "subscription",
    "on-ramp, off-ramp, bridge, deposit, withdrawal": "cash_desk",
    "Ornstein-Uhlenbeck": "mean_reversion",
    "price feed, oracle": "oracle",
    "proof of personhood, UBI, identity": "personhood_grants",
    "proof of stake": "staking stake_rewards bonded_inflation delegation",
    "provider exit, miner capitulation": "provider_entry producers",
    "pump.fun": "bonding_curve",
    "quadratic voting, square-root voting": "vote_weights",
    "royalty": "payment_split",
    "sell pressure": "holder_sales",
    "stablecoin": "compute_peg peg_traders",
    "sybil attack, fake hardware": "personhood_grants false_claims hardware_challenge",
    "tail emission": "emission_schedule",
    "take rate, commission": "two_sided_fee lease_payments reverse_auction",
    "timelock, quorum": "governance foundation_powers",
    "token gate, discount for stakers, rate limit": "access_tiers",
    "token migration, token swap": "upgrade",
    "trust score": "reputation",
    "unbonding, withdrawal queue": "staking exit_queue delegation",
    "validator": "delegation yuma stake_rewards",
    "veToken, vote escrow": "lock_staking neurons vote_weights",
    "warrant, SAFT, option": "token_warrants token_sale",
    "yield": "stake_rewards staking_choice",
}
NEAREST = {  # what the field has and this vocabulary has not -> what comes nearest to it
    "conviction voting": "vote_weights liquid_democracy",
    "liquid staking, LST": "delegation soft_staking",
    "order book": "reverse_auction impact_price",
    "quadratic funding": "treasury_grant vote_weights",
    "rebase, seigniorage": "compute_peg supply_controller",
    "restaking": "delegation childkeys slashing",
}


def chapter(kind: type[Any]) -> str:
    """Where in the vocabulary a mechanism stands."""
    package, _, rest = kind.__module__.partition(".")
    words = rest.removeprefix("mechanisms.").split(".")
    found = (title for title, modules in CHAPTERS.items() if words[0] in modules.split())
    return next(found, OTHERS) if package == "mintage" else OTHERS


def chapters(kinds: Mapping[str, type[Any]]) -> dict[str, list[str]]:
    """The names in each chapter, in the order of the chapters; none that is empty."""
    homes = {name: chapter(kind) for name, kind in kinds.items()}
    found = {title: [name for name in kinds if homes[name] == title] for title in (*CHAPTERS, OTHERS)}
    return {title: names for title, names in found.items() if names}


def sentence(kind: type[Any]) -> str:
    """The first sentence of a mechanism's docstring, whole; and the next one where the first says little more than its name."""
    paragraph = " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
    first, *more = re.split(r"(?<=\.)\s(?=[A-Z])", paragraph)
    return (f"{first} {more[0]}" if more and len(first) < SHORT else first).rstrip(":,")


def search(text: str, kinds: Mapping[str, type[Any]]) -> list[str]:
    """Names that fit what somebody looks for: by another name of the field's, and by the words of our names; else by those of first sentences."""
    asked = words(text)
    if not asked:
        return []
    others = [(words(alias), names.split()) for said, names in (KNOWN_AS | NEAREST).items() for alias in said.split(",")]
    whole = [names for alias, names in others if begin(alias, asked)]
    known = [name for names in whole or [names for alias, names in others if begin(asked, alias)] for name in names if name in kinds]
    known += [name for name in kinds if begin(asked, words(name))]
    return list(dict.fromkeys(known)) or [name for name, kind in kinds.items() if begin(asked, words(sentence(kind)))]


def words(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"[a-z0-9]+", text.lower())


def begin(asked: Collection[str], within: Collection[str]) -> bool:
    """Whether each word that is asked for begins one of those; one of two letters or less must be whole."""
    return bool(asked) and all(any(word == a or (len(a) > 2 and word.startswith(a)) for word in within) for a in asked)
