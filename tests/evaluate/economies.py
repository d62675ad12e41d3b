"""The sound economy, and one edit of its text for each named test that it should then fail."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mintage.evaluate.criteria import CRITERIA, Finding, all_criteria
from mintage.evaluate.evidence import Evidence, gather
from mintage.spec import loads

SOUND = (Path(__file__).parent / "sound.toml").read_text("utf-8")
Edit = tuple[tuple[str, str], ...]
all_criteria()


def put(key: str, new: str, times: int = 0) -> tuple[str, str]:
    """Replace the value of every `key = ...` line or inline key."""
    return rf"(?m)\b{key} = (\{{[^}}]*\}}|\[[^\]]*\]|[^,\n}}]+)", f"{key} = {new}"


WEAK_DEMAND: Edit = ((r"value = 28_500", "value = 1_000"),)
HIGH_EMISSION: Edit = ((r"value = 1_300_000", "value = 6_000_000"),)
RICH_INSIDERS: Edit = ((r"value = 5_000_000", "value = 18_000_000"), (r"value = 60_000_000", "value = 34_000_000"))
LEAVING: Edit = ((r"cost = \{ value = 6,", "cost = { value = 20,"), (r"speed = \{ value = 0.001", "speed = { value = 0.01"))
COSTLY: Edit = ((r"cost = \{ value = 6,", "cost = { value = 60,"), (r"speed = \{ value = 0.001", "speed = { value = 0"))
WILD: Edit = ((r"volatility = \{ value = 0.2,", "volatility = { value = 3,"),)
ONE_HOLDER: Edit = ((r"holders = \[.*\]", "holders = [90, 5, 5]"),)
NO_DRIVER: Edit = ((r"usage = .*", 'usage = ["signals.cost.start"]'),)
DRAIN = """
[[mechanism]]
use = "grants"
name = "drain"
pool = "treasury/SND"
budget = 60_000
recipients = [{ to = "market/SND", share = 1 }]

[evaluation]"""

FAILING: dict[str, Edit] = {
    "T101": ((r"value = 28_500", "value = 10"),),
    "T102": ((r"survives = \{ value = 0.5", "survives = { value = 1"),),
    "T103": ((r"survives = .*", 'settlement = "stablecoin"'),),
    "T104": ((r"survives = \{ value = 0.5", "survives = { value = 1"),),
    "T105": ((r'base = "demand"\nfactor = \{ value = 1, source = "T" \}', 'base = "demand"\nfactor = 0\nlength = 200\nhalf_life = 1'),),
    "T106": ((r'base = "demand"\nfactor = \{ value = 1, source = "T" \}', 'base = "demand"\nfactor = 15\nlength = 182\nhalf_life = 1'),),
    "T107": ((r"drift = \{ value = 0.1,", "drift = { value = -1,"),),
    "T108": ((r"value = 28_500", "value = 100"),),
    "T109": ((r"survives = .*", 'settlement = "pay_providers"\nproviders = "providers/SND"'),),
    "T201": WEAK_DEMAND,
    "T202": WEAK_DEMAND,
    "T203": ((r"drift = \{ value = 0.1,", "drift = { value = -1.5,"),),
    "T204": WEAK_DEMAND,
    "T205": WEAK_DEMAND,
    "T206": ((r"cap = .*\n", "\n"),),
    "T207": HIGH_EMISSION,
    "T208": HIGH_EMISSION,
    "T209": WEAK_DEMAND,
    "T210": WEAK_DEMAND + HIGH_EMISSION,
    "T211": ((r'"demand_shock.factor" = 0.33', '"demand_shock.factor" = 0.01'),),
    "T212": COSTLY,
    "T213": ((r"\n\[evaluation\]", DRAIN),),
    "T301": ((r"value = 5_000_000", "value = 21_000_000"), (r"value = 60_000_000", "value = 28_000_000")),
    "T302": ((r"value = 5_000_000", "value = 21_000_000"), (r"value = 60_000_000", "value = 28_000_000")),
    "T303": (put("cliff", '{ value = 6, unit = "month" }'),),
    "T304": (put("duration", '{ value = 24, unit = "month" }'),),
    "T305": ((r"tge = \{ value = 0,", "tge = { value = 0.1,"),),
    "T306": RICH_INSIDERS,
    "T307": ((r"value = 60_000_000", "value = 10_000_000"),),
    "T308": RICH_INSIDERS,
    "T309": (put("daily_volume_usd", "100_000"),),
    "T310": ((r'\[accounts.market\]\nholds = \["SND", "USD"\]', '[accounts.market]\nholds = ["SND", "USD"]\nopening = { SND = 5_000_000 }'),),
    "T311": (
        (r"value = 10_000_000", "value = 60_000_000"),
        (
            r"value = 60_000_000, source = \"T\" \}\ntge = \{ value = 1, source = \"T\" \}\n\n\[\[allocation\]\]\nholder = \"treasury\"",
            'value = 10_000_000 }\ntge = 1\n\n[[allocation]]\nholder = "treasury"',
        ),
    ),
    "T312": (put("market_cap_usd", "200_000_000"),),
    "T313": (*RICH_INSIDERS, (r"tge = \{ value = 0,", "tge = { value = 0.9,")),
    "T314": (put("cliff", '{ value = 6, unit = "month" }'), put("duration", '{ value = 24, unit = "month" }')),
    "T401": NO_DRIVER,
    "T402": NO_DRIVER,
    "T403": LEAVING,
    "T404": LEAVING,
    "T405": ((r"throughput = \{ value = 50,", "throughput = { value = 500,"),),
    "T406": COSTLY,
    "T407": WILD,
    "T408": WILD,
    "T409": WILD,
    "T410": (LEAVING[0], (r"speed = \{ value = 0.001", "speed = { value = 0.02")),
    "T411": ((r'"price.drift" = -0.2', '"price.drift" = -0.2, "demand_shock.factor" = 0.1'),),
    "T412": (put("pool_depth_usd", "100_000"),),
    **dict.fromkeys(("T501", "T502", "T503", "T504", "T505"), ONE_HOLDER),
    "T506": (put("quorum", "0.01"),),
    "T507": (put("timelock_days", "1"),),
    "T508": (put("upgrade_key", '"single"'),),
    "T509": (put("moved_to_affiliates", "90 "),),
    "T510": (put("turnout", "0.01"),),
    "T511": (put("emergency_pause", "false"),),
    "T601": (put("audited_share", "0.5"),),
    "T602": (put("auditors", '["Firm A", "Firm A"]'),),
    "T603": (put("open_criticals", "1"),),
    "T604": (put("changed_since_audit", "true"),),
    "T605": ((r"date = 2023-11-01", "date = 2021-01-01"),),
    "T606": (put("mint_authority_audited", "false"),),
    "T607": (put("oracle_sources", "1"),),
    "T608": (put("oracle_staleness_s", "7_200"),),
    "T609": (put("bug_bounty", "100"),),
    "T610": ((r', source = "T"', ""),),
}

NO_ALLOCATION: Edit = (
    (r"(?s)\[\[allocation\]\].*?\n\n", ""),
    (r'\[accounts.market\]\nholds = \["SND", "USD"\]', '[accounts.market]\nholds = ["SND", "USD"]\nopening = { SND = 60_000_000 }'),
)
NO_PRICE: Edit = ((r'(?m)^price = "price"\n', ""),)
NO_PROVIDERS: Edit = ((r'(?m)^providers = "nodes"\n', ""),)


def without(key: str) -> Edit:
    return ((rf"(?m)^{key} = .*\n", ""),)


MISSING: dict[str, Edit] = {
    "T101": NO_PRICE,
    "T102": NO_PRICE,
    "T201": NO_PRICE,
    "T202": NO_PRICE,
    "T203": NO_PRICE,
    "T204": NO_PRICE,
    "T209": NO_PRICE,
    "T210": NO_PRICE,
    "T212": ((r"(?m)^spending = .*\n(?=\n)", ""),),
    "T211": ((r"(?s)\[scenario.demand_collapse\].*?\n\n", ""),),
    **dict.fromkeys(("T301", "T302", "T303", "T304", "T305", "T306", "T309", "T310", "T313", "T314"), NO_ALLOCATION),
    "T312": without("market_cap_usd"),
    "T401": without("usage"),
    "T402": without("usage"),
    "T403": NO_PROVIDERS,
    "T404": NO_PROVIDERS,
    "T405": without("utilisation"),
    "T406": ((r"(?m)^spending = .*\n(?=\n)", ""),),
    "T407": NO_PRICE,
    "T408": NO_PRICE,
    "T409": NO_PRICE,
    "T410": NO_PROVIDERS,
    "T411": ((r"(?s)\[scenario.bear\].*?\n\n", ""),),
    "T412": without("pool_depth_usd"),
    **dict.fromkeys(("T501", "T502", "T503", "T504", "T505"), without("holders")),
    "T506": without("quorum"),
    "T507": without("timelock_days"),
    "T508": without("upgrade_key"),
    "T509": ((r"(?s)proposals = \[.*?\n\]\n", ""),),
    "T510": without("turnout"),
    "T511": without("emergency_pause"),
    "T601": without("audited_share"),
    "T602": without("auditors"),
    "T603": without("open_criticals"),
    "T604": without("changed_since_audit"),
    "T605": ((r"date = 2023-11-01\n", ""),),
    "T606": without("mint_authority_audited"),
    "T607": without("oracle_sources"),
    "T608": without("oracle_staleness_s"),
    "T609": without("bug_bounty"),
}


def edited(edit: Edit) -> str:
    """The sound economy's text with each pattern replaced; a pattern that is not there is the test's mistake."""
    text = SOUND
    for pattern, new in edit:
        text, count = re.subn(pattern, lambda _, new=new: new, text)
        assert count, pattern
    return text


@cache
def evidence(text: str) -> Evidence:
    """All runs of an economy, once."""
    return gather(loads(text), 64, 48, 1)


def find(code: str, edit: Edit = ()) -> Finding:
    return CRITERIA[code].read(evidence(edited(edit)))
