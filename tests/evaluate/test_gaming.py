"""An author who wants to pass: what a hostile reader found that passed once, and must not."""

from __future__ import annotations

import pytest

import mintage as mt
from mintage.errors import SpecError
from mintage.evaluate.criteria import Finding
from mintage.spec import loads

from .economies import Edit, edited, find

AUDIT: Edit = ((r"(?s)\[disclosure.audit\].*?\n\n", ""),)
TEAM_HAS: Edit = (
    (r'\[accounts.team\]\nholds = \["SND"\]', '[accounts.team]\nholds = ["SND"]\nopening = { SND = 80_000_000 }'),
    (r"cap = \{ value = 100_000_000", "cap = { value = 200_000_000"),
)
TO_TEAM: Edit = (
    (
        r'(?m)^recipients = \[\{ to = "providers/SND", share = .*$',
        'recipients = [{ to = "providers/SND", share = 0.1 }, { to = "team/SND", share = 0.9 }]',
    ),
)
NO_ROLE: Edit = ((r'account = "team/SND"\nrole = "insider"', 'account = "team/SND"'),)
OLD_TEAM: Edit = ((r'(account = "team/SND"\nrole = "insider"\n)', 'account = "team/SND"\nrole = "insider"\nbegin = -3650\n'),)
OLD_INSIDERS: Edit = (*OLD_TEAM, (r'(account = "investors/SND"\nrole = "investor"\n)', 'account = "investors/SND"\nrole = "investor"\nbegin = -3650\n'))


def holders(*weights: float) -> Edit:
    return ((r"holders = \[10.*\]", f"holders = {[float(w) for w in weights]}"),)


def proposals(*rows: tuple[int, int]) -> Edit:
    text = ", ".join(f'{{ id = "P{i}", moved_total = {a}, moved_to_affiliates = {b} }}' for i, (a, b) in enumerate(rows))
    return ((r"(?s)proposals = \[.*?\n\]\n", f"proposals = [{text}]\n"),)


def no_pass(found: Finding) -> None:
    assert found.passed is not True, found.sentence


@pytest.mark.parametrize(
    ("role", "signal", "code"),
    [("price", "fee", "MT132"), ("price", "nodes", "MT132"), ("providers", "price", "MT132"), ("spending", "price", "MT132"), ("price", "fake", "MT114")],
)
def test_a_role_is_played_by_a_signal_of_its_unit_and_the_price_by_the_one_in_use(role: str, signal: str, code: str):
    fake = '[signals.fake]\nunit = "USD/SND"\nstart = 0.0001\n\n[[process]]'
    head, tail = edited(()).split("[evaluation]")
    body = "\n".join(line for line in tail.split("\n") if not line.startswith(f"{role} = "))
    with pytest.raises(SpecError, match=code):
        loads(head.replace("[[process]]", fake, 1) + f'[evaluation]\n{role} = "{signal}"' + body)


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        (TEAM_HAS, ("T301", "T302", "T303", "T305")),
        (TO_TEAM, ("T302", "T406")),
        (OLD_TEAM, ("T305",)),
        (OLD_INSIDERS, ("T305", "T314")),
        (((r"demand_shock.factor\" = 0.33", 'demand_shock.factor" = 1'),), ("T211", "T410")),
        (((r"demand_shock.factor\" = 0.33", 'demand_shock.factor" = 5'),), ("T211", "T410")),
        (((r"cost_shock.factor\" = 3", 'cost_shock.factor" = 1'),), ("T404",)),
        (((r"price.drift\" = -0.2", 'price.drift" = 0.3'),), ("T411",)),
        (((r'horizon = "1092 days"', 'horizon = "365 days"'),), ("T107", "T208")),
        (((r'horizon = "1092 days"', 'horizon = "70 days"'),), ("T107", "T204", "T208", "T407", "T408")),
        (((r"date = 2023-11-01", "date = 2099-11-01"),), ("T605",)),
        (((r'auditors = \["Firm A", "Firm B"\]', 'auditors = ["Firm A", "firm a "]'),), ("T602",)),
        (((r'auditors = \["Firm A", "Firm B"\]', 'auditors = ["", " "]'),), ("T602",)),
        (proposals(*[(0, 0)] * 5), ("T509",)),
        (proposals(*[(1, 50)] * 5), ("T509",)),
        (((r"affiliates_quality = .*\n", ""),), ("T509",)),
        (((r"(?m)^cap = .*\n", ""),), ("T307",)),
        (((r"pool_depth_usd = .*", "pool_depth_usd = 0"),), ("T412",)),
        (((r"oracle_staleness_s = .*", "oracle_staleness_s = 0"),), ("T608",)),
        (((r"value = 10_000_000, source = \"T\" \}\ntge", 'value = 0, source = "T" }\ntge'),), ("T213",)),
        (holders(0, 0, 0), ("T501", "T502", "T503", "T504", "T505")),
    ],
)
def test_what_is_not_shown_to_be_sound_does_not_pass(edit: Edit, codes: tuple[str, ...]):
    for code in codes:
        no_pass(find(code, edit))


def test_a_tranche_that_forgets_its_role_has_its_account_s():
    assert find("T302", NO_ROLE).value == find("T302").value
    assert (
        find(
            "T303",
            (
                *NO_ROLE,
                (
                    r'(account = "team/SND"[\s\S]*?)cliff = \{ value = 12,',
                    'account = "team/SND"\namount = { value = 5_000_000, source = "T" }\ncliff = { value = 3,',
                ),
            ),
        ).passed
        is not True
    )


def test_thousands_of_small_holders_are_judged_and_a_large_one_among_them_has_its_share():
    assert find("T504", holders(*[1] * 3000)).passed is True
    assert find("T504", holders(10, *[0.01] * 9000)).value == pytest.approx(1 / 9)


def test_a_treasury_of_dollars_is_a_prize_too():
    rich: Edit = ((r'(\[accounts.treasury\]\nholds = \["SND", "USD"\])', '[accounts.treasury]\nholds = ["SND", "USD"]\nopening = { USD = 1_000_000_000 }'),)
    assert find("T510", rich).passed is False


def test_unlocks_a_few_days_apart_fall_into_one_month():
    def at(cliff: str) -> Edit:
        return (
            (
                r"(?s)(account = \"investors/SND\".*?)cliff = \{[^}]*\}\nduration = \{[^}]*\}",
                f'account = "investors/SND"\nrole = "investor"\namount = 2_900_000\ncliff = {cliff}\nduration = 0',
            ),
        )

    two = edited(at("25"))
    second = """[[allocation]]
holder = "more"
account = "investors/SND"
role = "investor"
amount = 2_900_000
cliff = 34

[signals.price]"""
    from mintage.evaluate.allocation import largest_month

    tokens, day = largest_month(loads(two.replace("[signals.price]", second, 1)).economy())
    assert tokens == pytest.approx(5_800_000)
    assert 4 <= day <= 24


def test_without_an_audit_there_is_no_grade_and_no_pass():
    d = mt.evaluate(loads(edited(AUDIT)), 64, beside=48)
    assert d.grade is None
    assert d.verdict != "pass"


def test_revenue_that_dies_raises_the_fifth_flag():
    dying: Edit = (
        (r'base = "demand"\nfactor = \{ value = 1, source = "T" \}\nbegin = \{ value = 180, source = "T" \}', 'base = "demand"\nfactor = 0\nbegin = 650'),
    )
    assert find("T203", dying).passed is False


def test_one_path_shows_no_elasticity():
    d = mt.evaluate(loads(edited(())), 1, beside=1)
    assert {t.code: t.verdict for t in d.tests}["T401"] == "not_shown"


def test_quarters_are_seen_at_every_length_of_an_epoch():
    with pytest.raises(SpecError, match="epoch"):
        loads(edited(((r'usage = \["signals.demand.start"\]', 'usage = ["signals.demand.start"]\nepoch = 182'),)))
