"""The examples print true figures, and a mechanism from a package of one's own is a name like any other."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.arithmetic import NUMPY, jax
from mintage.arithmetic_exact import EXACT, exact, to_float
from mintage.noise import NoiseSource
from tests.laws.test_arithmetics import run_exact
from tests.mechanisms.network import economy, emitted, use
from tests.snippets import ROOT, commands, snippets

HOME = ROOT / "examples"
OWN = HOME / "own_mechanism"
SPEC = OWN / "network.toml"
MINTAGE = [sys.executable, "-c", "from mintage.cli import main; main()"]
D = Decimal


def run(command: list[str], cwd: Path, *also: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own that finds this checkout, and the packages in `also`."""
    path = os.pathsep.join(map(str, [*also, ROOT / "src"]))
    env = os.environ | {"PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


def printed(name: str, cwd: Path) -> str:
    done = run([sys.executable, str(HOME / f"{name}.py")], cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(line: str) -> list[float]:
    return [float(x.replace(",", "")) for x in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?", line)]


def last_year_ratio(spec: mt.Spec, paths: int) -> float:
    """Emission at the price of its week over what customers paid, in the last 365 days, on the median path. To a week at the edge: 3 %."""
    run = mt.simulate(spec, paths, seed=1, save=mt.Save(every=7, vars=("mint/RENDER", "tag:revenue/USD", "price"), paths=True))
    last = run.day > run.day[-1] - 365
    return float(np.median((run["mint/RENDER"] * run["price"])[last].sum(axis=0) / run["tag:revenue/USD"][last].sum(axis=0)))


def test_every_example_is_in_the_list_and_the_list_names_no_other() -> None:
    listed = re.findall(r"^- \[.*?\]\((.*?)\):", (HOME / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted([*(f.name for f in HOME.glob("*.py")), "own_mechanism/README.md"])


def test_ten_lines_are_the_readme_s_and_their_figures_are_right(tmp_path: Path) -> None:
    readme = next(s.body for s in snippets((ROOT / "README.md").read_text("utf-8")) if s.language == "python")
    script = (HOME / "ten_lines.py").read_text("utf-8").split('"""\n\n')[1]
    assert script == readme.replace("paths=1000", "paths=200")

    spec = mt.load("render")
    noise = NoiseSource(1, spec.economy().bind(NUMPY).noise(), 0, 1)
    z = sum(float(noise.take("price")["z"][0, 0]) for _ in range(spec.steps))
    price = 5.03 * np.exp((0.52 - 1.02**2 / 2) * spec.steps / 365 + 1.02 * z / 365**0.5)  # the closed form, at the end on the first path

    first, second = printed("ten_lines", tmp_path).splitlines()
    assert figures(first) == [200, pytest.approx(price, rel=1e-9)]
    assert second.startswith("fail Render does not sustain itself")
    assert figures(second)[0] == pytest.approx(last_year_ratio(spec, 200), rel=0.03)


def test_a_smaller_burn_share_burns_less_in_proportion_and_leaves_it_in_the_supply(tmp_path: Path) -> None:
    rows = {line.split()[0]: figures(line) for line in printed("compare_two_designs", tmp_path).splitlines()}
    a, b, less, low, high = rows["burned"]
    assert a == pytest.approx(np.median(mt.simulate(mt.load("render"), 200, seed=1, save=mt.Save(vars=("burn/RENDER",))).end["burn/RENDER"]), abs=0.5)
    assert b == pytest.approx(a * 60 / 95, abs=1)
    assert low < less < high < 0
    assert rows["supply_end"][2:] == [-less, -high, -low]
    assert rows["revenue"][2:] == [0, 0, 0]


def test_the_sweep_s_ratio_follows_the_price_and_falls_with_growth(tmp_path: Path) -> None:
    table = np.array([figures(line) for line in printed("sweep_parameters", tmp_path).splitlines()[2:]])
    prices, ratio = table[:, 0], table[:, 1:]
    assert list(prices) == [1.25, 2.5, 5]
    assert np.all(np.diff(ratio, axis=1) < 0)
    assert ratio[:, 0] / ratio[0, 0] == pytest.approx(prices / prices[0], rel=0.01)  # a mint in tokens is worth its price, while few jobs draw few providers
    assert ratio[2, 1] == pytest.approx(last_year_ratio(mt.load("render").with_values({"signals.price.start": 5}), 100), rel=0.03)


def test_the_replay_burns_what_the_record_says(tmp_path: Path) -> None:
    with (ROOT / "src/mintage/data/render_bme_weekly.csv").open(encoding="utf-8") as file:
        weeks = list(csv.DictReader(file))
    recorded = sum(float(w["burned_render"]) for w in weeks)
    bought = sum(float(w["burned_usd"]) / float(w["implied_price_usd"]) for w in weeks)
    lines = [figures(line) for line in printed("replay_history", tmp_path).splitlines()]
    assert lines[0] == [len(weeks)] == [84]
    assert lines[1] == [pytest.approx(bought, abs=0.1), pytest.approx(recorded, abs=0.1)]
    assert lines[2][0] < 0.01
    minted = 9_126_804 + 5_905_580 * 32 / 52  # RNP-006, and 32 of the 52 weeks of RNP-018's year
    assert lines[3] == [pytest.approx(minted / recorded, abs=0.05)]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's package, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("packages")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", str(folder), str(OWN)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def spec(package: Path, monkeypatch: pytest.MonkeyPatch) -> mt.Spec:
    """The example's network, in this process."""
    monkeypatch.syspath_prepend(package)
    return mt.load(SPEC)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_without_the_package_the_spec_is_refused_at_its_line_with_the_way_out(tmp_path: Path) -> None:
    done = run([*MINTAGE, "check", "--json", str(SPEC)], tmp_path)
    (fault,) = json.loads(done.stdout)
    assert (done.returncode, fault["code"], fault["where"]) == (3, "MT111", "buyback.use")
    assert fault["line"] == line_of(SPEC.read_text("utf-8"), "income_buyback")
    assert "package must be installed" in fault["hint"]


def test_a_package_that_does_not_import_is_named(tmp_path: Path) -> None:
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text("[mintage.mechanisms]\nx = broken_module\n", "utf-8")
    done = run([*MINTAGE, "mechanisms"], tmp_path, tmp_path)
    assert (done.returncode, done.stdout) == (5, "")
    assert re.match(r"MT215 package broken: .*ModuleNotFoundError.*broken_module", done.stderr)
    assert run([*MINTAGE, "check", "render"], tmp_path, tmp_path).returncode == 0  # what ships needs no other package


def test_the_package_s_page_is_true(package: Path) -> None:
    page = snippets((OWN / "README.md").read_text("utf-8"))
    named = tomllib.loads(next(s.body for s in page if s.language == "toml"))["project"]
    assert named["entry-points"] == tomllib.loads((OWN / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    steps = commands(next(s.body for s in page if s.language == "console"))
    assert len(steps) == 3
    for step in steps:
        done = run([*MINTAGE, *shlex.split(step.text)[1:]], OWN, package)
        assert (done.returncode, step.missing(done.stdout + done.stderr)) == (0, []), done.stdout + done.stderr


def test_the_name_is_listed_and_in_the_schema_that_editors_complete_by(package: Path, tmp_path: Path) -> None:
    listed = json.loads(run([*MINTAGE, "mechanisms", "--json"], tmp_path, package).stdout)
    (row,) = [r for r in listed if r["module"] == "mintage_buyback"]
    assert (row["name"], row["family"]) == ("income_buyback", "mechanism")
    tree = tomllib.loads(SPEC.read_text("utf-8"))
    for also, sound in (((package,), True), ((), False)):
        schema = jsonschema.Draft202012Validator(json.loads(run([*MINTAGE, "schema"], tmp_path, *also).stdout))
        assert schema.is_valid(tree) is sound
    tree["mechanism"][1]["shore"] = 1
    assert not schema.is_valid(tree)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [  # of the file, then of the rule itself, which has run once on quantities with units: those stand at the table that uses it
        ('share = "20 %"', 'share = "120 %"', "MT109"),
        ('share = "20 %"', 'share = "20 USD"', "MT132"),
        ('share = "20 %"', "shore = 0.2", "MT104"),
        ('limit = "0.1 %"', 'price = "prise"', "MT206"),
        ('limit = "0.1 %"', 'kept = "treasure/LEND"', "MT112"),
        ('limit = "0.1 %"', 'kept = "treasury/USD"', "MT211"),
        ('unit = "USD/LEND"', 'unit = "USD"', "MT207"),
    ],
)
def test_a_mistake_in_its_parameters_is_found_with_code_and_line(package: Path, tmp_path: Path, old: str, new: str, code: str) -> None:
    text = SPEC.read_text("utf-8").replace(old, new)
    (tmp_path / "wrong.toml").write_text(text, "utf-8")
    done = run([*MINTAGE, "check", "--json", "wrong.toml"], tmp_path, package)
    found = [(f["code"], f["line"]) for f in json.loads(done.stdout) if f["where"].startswith("buyback")]
    line = line_of(text, 'use = "income_buyback"') - 1 if code in ("MT207", "MT211") else line_of(text, new)
    assert (done.returncode, found) == (3, [(code, line)])


def test_own_processes_find_it_and_get_the_same_futures(package: Path, tmp_path: Path) -> None:
    simulate = [*MINTAGE, "simulate", str(SPEC), "--paths", "600", "--steps", "20", "--quiet", "--json", "--workers"]
    one, two = (json.loads(run([*simulate, n], tmp_path, package).stdout) for n in ("1", "2"))
    assert one == two


@pytest.mark.parametrize(("scenario", "limit"), [("base", 1e-3), ("thin", 5e-5)])
def test_every_purchase_is_the_formula_and_nothing_is_lost(spec: mt.Spec, scenario: str, limit: float) -> None:
    design = spec.with_values({}) if scenario == "base" else spec.scenario(scenario)
    fee = "flow:jobs.fee:external/USD>treasury/USD"
    flows = (fee, "flow:jobs.settle", "flow:buyback.spend", "flow:buyback.buy")
    run = mt.simulate(design, 256, seed=1, save=mt.Save(every=1, vars=(*flows, "price", "market/LEND", "treasury/LEND", "treasury/USD"), paths=True))
    earned, burned, spent, bought = (run[name][1:] for name in flows)
    held, price = run["market/LEND"][:-1] - burned, run["price"][1:]  # the buyback stands behind the jobs
    assert np.allclose(spent, np.minimum(0.2 * earned, limit * held * price), rtol=1e-9)
    assert np.allclose(bought, np.minimum(0.2 * earned / price, limit * held), rtol=1e-9)
    limited = (bought < 0.2 * earned / price * (1 - 1e-9)).mean()
    assert 0 < limited < 0.2 if scenario == "base" else 0.5 < limited < 1
    assert np.allclose(run["treasury/LEND"][-1], bought.sum(axis=0))
    assert np.allclose(run["treasury/USD"][-1], 1_000_000 + earned.sum(axis=0) - spent.sum(axis=0))
    ends = mt.simulate(design, 256, seed=1).end
    for asset in ("LEND", "USD"):
        assert abs(sum(v for k, v in ends.items() if k.endswith(f"/{asset}") and not k.startswith(("supply/", "circulating/")))).max() < 1e-3


def test_jax_buys_what_numpy_buys(spec: mt.Spec) -> None:
    save = mt.Save(every=30, vars=("flow:buyback.spend", "flow:buyback.buy"), paths=True)
    a, b = (mt.simulate(spec.scenario("thin"), 256, 90, save=save, engine=engine) for engine in ("numpy", "jax"))
    assert a["flow:buyback.buy"][1:].min() > 0
    assert all(np.allclose(b[name], a[name], rtol=1e-12) for name in a.series)


@pytest.mark.parametrize("limit", ["0.001", "0.00005"])
def test_in_exact_money_every_balance_is_right_to_the_base_unit(spec: mt.Spec, limit: str) -> None:
    calm = {"price.volatility": 0, "demand.volatility": 0, "signals.price.start": "0.7", "signals.demand.start": "20000.01", "buyback.limit": limit}
    world, _ = run_exact(spec.with_values(calm).economy(), 30)
    token, cent, price, paid = D("1e-8"), D("1e-6"), D("0.7"), D("20000.01")
    market, kept, savings, proceeds = D(10_000_000), D(0), D(1_000_000), D(0)
    with exact():
        for _ in range(30):
            proceeds += paid / 10
            market -= (paid / 10 / price).quantize(token, ROUND_FLOOR)
            offer, most = paid * 3 / 10 / 5, D(limit) * market
            bought, spent = min(offer / price, most).quantize(token, ROUND_FLOOR), min(offer, most * price).quantize(cent, ROUND_FLOOR)
            market, kept, savings, proceeds = market - bought, kept + bought, savings + paid * 3 / 10 - spent, proceeds + spent
    expected = {"market/LEND": market, "treasury/LEND": kept, "treasury/USD": savings, "market/USD": proceeds}
    assert {str(a): v[0, 0] for a, v in world.balances.items() if str(a) in expected} == expected
    assert all(sum(v[..., 0].sum() for a, v in world.balances.items() if a.asset == asset) == 0 for asset in ("LEND", "USD"))


money, prices, shares = (st.decimals(low, high, places=2) for low, high in (("0", "1e6"), ("0.01", "1e3"), ("0", "1")))


@settings(max_examples=25, deadline=None)
@given(before=money, now=money, price=prices, share=shares, limit=st.sampled_from(["0.0001", "0.02", "1"]))
def test_of_several_holders_each_sells_its_part_within_share_and_limit_in_three_arithmetics(
    package: Path, before: Decimal, now: Decimal, price: Decimal, share: Decimal, limit: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(package)
        places: dict[str, Any] = {"treasury": "pool/USD", "kept": "pool/TOK", "holders": "providers/TOK", "proceeds": "providers/USD"}
        rule = use("buyback", "income_buyback", share=share, limit=limit, **places)
    fiat, tokens = Account("pool", "USD"), Account("providers", "TOK")
    small = economy(rule, signals={"price": ("USD/TOK", price)}, holders=3, opening={fiat: now, tokens: 30_000})
    assert small.check() == []
    with exact():
        flows = [[to_float(f.amount) for f in emitted(small, "buyback", xp=xp, before={fiat: before})[0]] for xp in (NUMPY, jax(), EXACT)]
    spent, bought = flows[0]
    assert all(np.allclose(a, b, rtol=1e-12, atol=1e-12) for other in flows[1:] for a, b in zip(other, flows[0], strict=True))
    assert np.allclose(bought, bought[0])  # who has as much sells as much
    assert spent.sum() == pytest.approx(bought.sum() * float(price))
    wanted = float(share) * max(float(now - before), 0)
    assert spent.sum() == pytest.approx(min(wanted, float(limit) * 30_000 * float(price)))


def test_holders_who_have_sold_out_stop_no_run_and_leave_no_negative_demand(spec: mt.Spec) -> None:
    """The jobs buy all that is left and rounding leaves dust below zero, of which the buyback then takes its share."""
    save = mt.Save(every=1, vars=("functional/LEND", "market/LEND"), paths=True)
    run = mt.simulate(spec.with_values({"signals.price.start": "0.02"}), 256, seed=1, save=save)
    assert run["market/LEND"].min() < 1e-6
    assert run["functional/LEND"].min() == 0
