"""Each command does what it says: files made, numbers shown, statuses for a gate."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

import mintage as mt
from mintage import report, spec
from mintage.cli.vocabulary import CHAPTERS, KNOWN_AS, NEAREST, chapter, chapters, search
from mintage.codes import CODES
from mintage.evaluate.criteria import all_criteria
from mintage.evaluate.figures import METRICS
from mintage.evaluate.red_flags import FLAGS
from mintage.mechanisms import find, names
from mintage.spec import presets
from tests.cli.command import ENV, START, call

SIZES = ["--paths", "32", "--beside", "16", "--quiet"]


def data(capsys, *args):
    """The JSON a command prints, and its status."""
    status = call(*args, "--json")
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("preset", presets())
def test_new_copies_a_preset_with_its_comments_under_the_new_name(preset, capsys, town):
    assert call("new", "mine", "--like", preset) == 0
    out, err = capsys.readouterr()
    assert out == "mine.toml\n"
    assert f"mintage compare {preset} mine.toml" in err
    mine, theirs = (town / "mine.toml").read_text("utf-8"), mt.load(preset).text
    differs = [(a, b) for a, b in zip(mine.split("\n"), theirs.split("\n"), strict=True) if a != b]
    assert differs == [('name = "mine"', f'name = "{preset}"'), ('title = "mine"', f'title = "{mt.load(preset).title}"')]
    assert call("check", "mine.toml") == 0
    assert (mt.load("mine.toml").name, mt.load("mine.toml").title) == ("mine", "mine")


def test_new_overwrites_only_when_told_to(capsys, town):
    (town / "mine.toml").write_text("keep", "utf-8")
    assert call("new", "mine.toml") == 2
    assert "--force" in capsys.readouterr().err
    assert (town / "mine.toml").read_text("utf-8") == "keep"
    assert call("new", "mine.toml", "--force") == 0
    assert call("check", "mine.toml") == 0


def test_check_finds_every_fault_of_every_file_in_one_go(capsys, town):
    text = (town / "town.toml").read_text("utf-8")
    (town / "bad.toml").write_text(text.replace("burn_share =", "burn_shar =").replace('"80 %"', '"high"'), "utf-8")
    assert call("check", "town.toml", "bad.toml") == 3
    out, err = capsys.readouterr()
    assert "did you mean 'burn_share'?" in out
    assert "bad.toml:" in out
    assert err == "town.toml: sound\nbad.toml: 2 faults\n"
    status, faults = data(capsys, "check", "bad.toml")
    assert status == 3
    assert [f["line"] for f in faults] == sorted(f["line"] for f in faults)
    assert {f["file"] for f in faults} == {"bad.toml"}


def test_simulate_prints_and_exports_what_python_gives(capsys, town):
    status, found = data(capsys, "simulate", "town.toml:bull", "--paths", "40", "--seed", "9", "--every", "7", "--var", "price", "--export", "run.npz")
    run = mt.simulate(mt.load("town.toml").scenario("bull"), 40, seed=9, save=mt.Save(every=7, vars=("price",), paths=True))
    assert status == 0
    assert found["end"]["price"]["q50"] == np.median(run.end["price"])
    assert found["manifest"]["spec_hash"] == run.manifest.spec_hash
    with np.load(town / "run.npz", allow_pickle=False) as npz:
        assert np.array_equal(npz["series:price"], run["price"])


def test_simulate_says_units_rows_and_nothing_of_dust(capsys, town):
    from mintage.cli.simulate import show, unit

    assert call("simulate", "town.toml", "--paths", "8", "--steps", "9", "--quiet") == 0
    out = capsys.readouterr().out
    economy = mt.load("town.toml").economy()
    lines = {line.split()[0]: line for line in out.split("\n") if line}
    assert lines["price"].rstrip().endswith(economy.signals["price"].unit)
    assert lines["market/TOK"].rstrip().endswith("TOK")
    render = mt.load("render").economy()
    rows = next(s for s in render.signals.values() if s.per and render.kinds[s.per].holders > 1)
    assert unit(rows.name, render).endswith(f"mean of {render.kinds[rows.per].holders} rows")
    assert "mean of" not in unit(f"{rows.name}[0]", render)
    run = mt.simulate(mt.load("town.toml"), 8, 9)
    show(run, {"market/TOK": dict.fromkeys(("q05", "q50", "q95", "mean"), -1e-11), "price": dict.fromkeys(("q05", "q50", "q95", "mean"), 1e-11)}, economy)
    out = capsys.readouterr().out
    assert "market/TOK" not in out and "1e-11" in out


@pytest.mark.parametrize("every", [[], ["--every", "7"]])
def test_simulate_exports_ends_or_with_every_its_series_to_a_table(every, town):
    names = ["--var", "price", "--var", "flow:jobs.pay"]
    assert call("simulate", "town.toml", "--paths", "5", "--steps", "20", *names, *every, "--export", "y.csv", "--quiet") == 0
    with (town / "y.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    save = mt.Save(every=7 if every else 0, vars=("price", "flow:jobs.pay"), paths=bool(every))
    run = mt.simulate(mt.load("town.toml"), 5, 20, save=save)
    assert list(rows[0]) == [*(["step", "day"] if every else []), "path", "price", "flow:jobs.pay"]
    assert [int(r["path"]) for r in rows] == [*range(5)] * (4 if every else 1)
    if every:
        assert [int(r["step"]) for r in rows] == list(np.repeat([0, 7, 14, 20], 5))
        assert [float(r["day"]) for r in rows] == np.repeat(run.day, 5).tolist()
    for name, ends in run.end.items():
        assert [float(r[name]) for r in rows] == (run[name].reshape(-1) if every else ends).tolist()


def test_simulate_in_a_folder_resumes_and_refuses_another_run(capsys, town):
    run = ["simulate", "town.toml", "--paths", "40", "--out", "runs/a", "--quiet"]
    assert call(*run) == 0
    first = capsys.readouterr().out
    assert call(*run) == 2
    assert "--resume" in capsys.readouterr().err
    assert call(*run, "--resume") == 0
    assert capsys.readouterr().out == first
    assert call(*run, "--resume", "--seed", "2") == 2
    assert "seed is 1 and not 2" in capsys.readouterr().err


def test_evaluate_is_a_gate_and_report_is_not(capsys, town):
    document = mt.evaluate(mt.load("town.toml"), 32, beside=16)
    wanting = document.verdict == "fail" or any(f.raised for f in document.flags)
    status, found = data(capsys, "evaluate", "town.toml", *SIZES)
    assert wanting
    assert status == 1
    assert (found["verdict"], found["headline"]) == (document.verdict, document.headline)
    assert [t["verdict"] for t in found["tests"]] == [t.verdict for t in document.tests]
    assert found["manifest"]["created"]
    assert call("report", "town.toml", *SIZES) == 0
    assert (town / "report.html").read_text("utf-8").lower().startswith("<!doctype html>")


def test_a_sound_economy_passes_the_gate(capsys):
    sound = Path(__file__).parents[1] / "evaluate/sound.toml"
    assert call("evaluate", str(sound), *SIZES) == 0
    assert "\nverdict: " in capsys.readouterr().out


def test_report_says_what_it_found_and_where_the_file_is(capsys, town):
    assert call("report", "town.toml", "--paths", "32", "--beside", "16", "--out", "my report.html") == 0
    out, err = capsys.readouterr()
    document = mt.evaluate(mt.load("town.toml"), 32, beside=16)
    flat = " ".join(out.split())
    assert document.headline in flat
    assert all(f"{p.number} {p.title}" in flat for p in document.points)
    assert all(f"red flag {f.code}" in flat for f in document.flags if f.raised)
    assert str(town / "my report.html") in err
    assert [p.name for p in town.iterdir() if "part" in p.name] == []


def test_chart_writes_svg_png_and_json(capsys, town):
    assert call("chart", "town.toml", "--chart", "waterfall", *SIZES) == 0
    assert capsys.readouterr().out.startswith("<svg")
    assert call("chart", "town.toml", "--chart", "points", "--out", "p.png", *SIZES) == 0
    assert (town / "p.png").read_bytes().startswith(b"\x89PNG")
    assert call("chart", "town.toml", "--chart", "fan:price", "--format", "json", *SIZES) == 0
    assert "vega" in json.loads(capsys.readouterr().out)["$schema"]


def test_compare_shows_what_differs_and_by_how_much(capsys):
    status, found = data(capsys, "compare", "town.toml", "town.toml:bull", "town.toml:bear", "--paths", "32", "--metric", "revenue", "--metric", "burned")
    assert status == 0
    assert [(c["a"], c["b"]) for c in found] == [("town.toml", "town.toml:bull"), ("town.toml", "town.toml:bear")]
    python = mt.compare("town.toml", "town.toml:bull", 32, metrics=["revenue", "burned"])
    assert found[0]["rows"][0]["difference"] == python["revenue"].difference
    assert call("compare", "town.toml", "town.toml:bull", "--paths", "32") == 0
    out = capsys.readouterr().out
    assert "demand.level: 100 USD/day -> 200 USD/day" in out
    assert METRICS["revenue"].title in out


def test_sweep_prints_rows_and_writes_tables(capsys, town):
    args = ["sweep", "town.toml", "price.volatility=0.1..0.9/3", "signals.price.start=1,4", "--paths", "16", "--metric", "price_end"]
    status, found = data(capsys, *args)
    assert status == 0
    assert [float(r["price.volatility"]) for r in found["rows"]] == [0.1, 0.1, 0.5, 0.5, 0.9, 0.9]
    assert found["rows"][1]["price_end"] == pytest.approx(4 * found["rows"][0]["price_end"])
    assert call(*args, "--out", "t.csv") == 0
    with (town / "t.csv").open(encoding="utf-8", newline="") as file:
        assert [float(r["price_end"]) for r in csv.DictReader(file)] == [r["price_end"] for r in found["rows"]]
    assert call("sweep", "town.toml", "jobs.burn_share=0.95,7", "--paths", "16", "--metric", "burned") == 0
    assert "MT109" in capsys.readouterr().out


def test_a_sweep_without_any_variant_that_runs_is_no_success(capsys, town):
    assert call("sweep", "town.toml", "jobs.burn_share=7,8", "--paths", "16") == 3
    assert "none of 2 variants could be run; the first: MT109" in capsys.readouterr().err
    status, found = data(capsys, "sweep", "town.toml", "jobs.burn_share=7", "--paths", "16")
    assert (status, len(found["rows"])) == (3, 1)


def test_the_paths_in_the_help_of_sweep_work_on_render(capsys):
    assert call("sweep", "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    paths = [p.rstrip(",.") for p in text.partition("Paths are those of the spec: ")[2].partition(" All variants")[0].split()]
    assert len(paths) == 3
    for path in paths:
        status, found = data(capsys, "sweep", "render", f"{path}=0.9,1", "--paths", "16", "--steps", "28", "--metric", "price_end")
        assert (status, [r["error"] for r in found["rows"]]) == (0, ["", ""])


def test_calibrate_reads_a_record_and_names_the_values(capsys, town):
    rng = np.random.default_rng(1)
    level = np.exp(8 + np.cumsum(rng.normal(0, 0.1, 40)))
    rows = "\n".join(f"{usd:.6g},{price:.6g}" for usd, price in zip(level, level / 1e3, strict=True))
    (town / "weeks.csv").write_text(f"spent,price\n{rows}\n", "utf-8")
    status, found = data(capsys, "calibrate", "--history", "weeks.csv", "--fiat", "spent", "--price", "price", "--horizon", "4")
    assert status == 0
    assert found["demand"]["rows"] == 40
    assert len(found["forecast"]["price"]) == 4
    assert all(f["q10"] < f["q50"] < f["q90"] for f in found["forecast"]["price"])
    assert call("calibrate", "--history", "weeks.csv", "--fiat", "spend", "--price", "price") == 2
    assert "MT430" in capsys.readouterr().err
    status, again = data(capsys, "calibrate", "town.toml", "--history", "weeks.csv", "--fiat", "spent", "--price", "price", "--horizon", "4")
    assert (status, again) == (0, found)


def test_calibrate_on_a_record_that_never_moves_has_nothing_to_beat(capsys, town):
    (town / "flat.csv").write_text("burned_usd,implied_price_usd\n" + "100,2\n" * 60, "utf-8")
    assert call("calibrate", "--history", "flat.csv") == 0
    assert capsys.readouterr().out.count("pinball loss that cannot be told from a random walk's") == 2


@pytest.mark.parametrize("words", [CODES, [c.code for c in all_criteria()], FLAGS, METRICS], ids=["errors", "tests", "flags", "metrics"])
def test_explain_knows_every_code_test_flag_and_metric(words, capsys):
    for word in words:
        assert call("explain", word) == 0
        title, _, text = capsys.readouterr().out.partition("\n")
        assert title.startswith(word)
        assert len(text.strip()) > 30
    kind = "errors" if words is CODES else "metrics" if words is METRICS else "flags" if words is FLAGS else "tests"
    status, listed = data(capsys, "explain", kind)
    assert (status, list(listed)) == (0, list(words))


def test_mechanisms_lists_all_and_shows_parameters_with_unit_default_range_and_source(capsys):
    assert [r["name"] for r in data(capsys, "mechanisms")[1]] == names()
    for name in names():
        assert call("mechanisms", name) == 0
        out = capsys.readouterr().out
        assert all(f"  {field} " in out for field in find(name).Params.model_fields)
    assert call("mechanisms", "availability_rewards") == 0
    assert "[providers/node] at most this for each qualified node and call; default 75, >= 0; source RNP-006, 2023-12-20" in capsys.readouterr().out
    assert "pay" in data(capsys, "mechanisms", "burn_mint")[1]["events"]


def test_mechanisms_are_listed_by_chapter_and_folded_on_a_terminal_only(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert call("mechanisms") == 0
    plain = capsys.readouterr().out.split("\n")
    assert {line.split()[0] for line in plain if line.startswith("  ")} == set(names())
    assert [line for line in plain if line and not line.startswith("  ")] == list(chapters({n: find(n) for n in names()}))
    monkeypatch.setenv("COLUMNS", "90")
    assert call("mechanisms") == 0
    told = capsys.readouterr().out
    assert max(map(len, told.split("\n"))) <= 90
    assert told.split() == "\n".join(plain).split()


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("quadratic voting", "vote_weights"),
        ("veToken", "lock_staking"),
        ("AMM", "liquidity_pool"),
        ("amm pool", "weighted_pool"),
        ("vesting cliff", "vesting"),
        ("restaking", "delegation"),
        ("burn-and-mint", "burn_mint"),
        ("Dividends", "token_dividend"),
        ("airdrop", "personhood_grants"),
        ("escrow", "reverse_auction"),
        ("auction", "slot_auction"),
        ("word of mouth", "users"),
    ],
)
def test_mechanisms_finds_what_the_field_calls_otherwise(said, ours, capsys):
    status, found = data(capsys, "mechanisms", said)
    assert status == 0
    assert ours in [r["name"] for r in found]
    assert len(found) <= 6


def test_every_other_name_leads_to_names_that_exist_and_every_module_has_a_chapter():
    known = KNOWN_AS | NEAREST
    assert {name for names_ in known.values() for name in names_.split()} <= set(names())
    said = [alias.strip().lower() for key in known for alias in key.split(",")]
    assert len(said) == len(set(said))
    kinds = {n: find(n) for n in names()}
    for alias in said:
        assert set(search(alias, kinds)) & {n for key, ours in known.items() if alias in key.lower() for n in ours.split()}
    assert [n for n, k in kinds.items() if k.__module__.startswith("mintage.") and chapter(k) not in CHAPTERS] == []
    modules = {k.__module__.removeprefix("mintage.").removeprefix("mechanisms.").split(".")[0] for k in kinds.values()}
    assert [m for words in CHAPTERS.values() for m in words.split() if m not in modules] == []


def test_explain_shows_a_mechanism_and_lists_what_has_a_word_in_its_title(capsys):
    assert call("explain", "burn_mint") == 0
    shown = capsys.readouterr().out
    assert call("mechanisms", "burn_mint") == 0
    assert capsys.readouterr().out == shown
    assert set(data(capsys, "explain", "unlock")[1]) >= {"T306", "RF2"}
    assert call("explain", "zzz") == 2


def test_networks_lists_the_presets_with_their_scenarios(capsys, monkeypatch):
    listed = data(capsys, "networks")[1]
    assert [r["name"] for r in listed] == presets()
    assert {"bull", "bear", "compute_cost_spike", "demand_collapse"} <= set(next(r for r in listed if r["name"] == "render")["scenarios"])
    assert all(0 < r["with_source"] <= r["numbers"] for r in listed)
    monkeypatch.setenv("COLUMNS", "80")
    assert call("networks") == 0
    told = capsys.readouterr().out
    assert max(map(len, told.split("\n"))) <= 80
    assert all(word in told.split() for name in presets() for word in (name, mt.load(name).economy().token))


def test_schema_prints_the_schemas_that_are_published(capsys):
    for what, text in (("spec", spec.schema()), ("document", report.schema())):
        assert call("schema", what) == 0
        assert capsys.readouterr().out == text


def test_doctor_finds_this_machine_ready(capsys):
    status, facts = data(capsys, "doctor")
    assert (status, facts["healthy"]) == (0, True)
    assert facts["presets"] == dict.fromkeys(presets(), 0)
    assert facts["libraries"]["numpy"] == np.__version__
    assert call("doctor") == 0
    assert capsys.readouterr().out.endswith("ready\n")


@pytest.fixture
def complete(capsys, town):
    """What bash offers after a line, by the script that `mintage completion bash` prints."""
    assert call("completion", "bash") == 0
    (town / "c.bash").write_text(capsys.readouterr().out, "utf-8")
    (town / "bin").mkdir()
    tool = town / "bin/mintage"
    tool.write_text(f"#!/bin/sh\nexec '{START[0]}' {START[1]} '{START[2]}' \"$@\"\n", "utf-8")
    tool.chmod(0o755)

    def offered(line):
        ask = f'source ./c.bash; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _mintage_completion mintage; echo "${{COMPREPLY[@]}}"'
        env = ENV | {"PATH": f"{town}/bin:{ENV['PATH']}"}
        return subprocess.run(["bash", "-c", ask], env=env, capture_output=True, text=True, check=True).stdout.split()

    return offered


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mintage com", ["compare", "completion"]),
        ("mintage simulate re", ["render"]),
        ("mintage simulate to", ["town.toml"]),
        ("mintage check f", [*(p for p in presets() if p.startswith("f")), "far.toml", "fine.toml"]),
        ("mintage check town.toml far/t", ["far/there.toml"]),
        ("mintage evaluate ./fi", ["./fine.toml"]),
        ("mintage compare town.toml re", ["render"]),
        ("mintage sweep re", ["render"]),
        ("mintage calibrate re", ["render"]),
        ("mintage sweep render --metric pri", [m for m in METRICS if m.startswith("pri")]),
        ("mintage explain MT50", [c for c in CODES if c.startswith("MT50")]),
        ("mintage explain T20", [c.code for c in all_criteria() if c.code.startswith("T20")]),
        ("mintage explain RF", list(FLAGS)),
        ("mintage explain ratio", [m for m in METRICS if m.startswith("ratio")]),
        ("mintage explain tes", ["tests"]),
        ("mintage new mine --like r", [p for p in presets() if p.startswith("r")]),
        ("mintage chart render --chart sa", ["sankey"]),
        ("mintage mechanisms burn", ["burn_mint"]),
        ("mintage schema d", ["document"]),
    ],
)
def test_completion_completes_commands_and_names_in_bash(line, expected, complete, town):
    (town / "far").mkdir()
    for name in ("fine.toml", "far.toml", "far/there.toml", "fine.txt"):
        (town / name).write_text("", "utf-8")
    assert expected
    assert complete(line) == expected


def test_where_no_spec_matches_the_shell_completes_files(town):
    from mintage.cli.words import specs

    assert [(i.type, i.value) for i in specs(None, None, "fo")] == [("file", "fo")]
    assert [(i.type, i.value) for i in specs(None, None, "nowhere/fo")] == [("file", "nowhere/fo")]


def test_completion_has_a_script_for_each_shell(capsys):
    for shell in ("bash", "zsh", "fish"):
        assert call("completion", shell) == 0
        assert "_MINTAGE_COMPLETE" in capsys.readouterr().out


def test_calibrate_starts_at_either_end_of_the_record_and_counts_the_share_burned(capsys):
    def overlay(*args):
        return data(capsys, "calibrate", *args)[1]["overlay"]

    first, last, half = overlay(), overlay("--at", "end"), overlay("--burn-share", "0.475")
    found = mt.calibrate()
    assert (first, last) == ({k: str(v) for k, v in found.overlay().items()}, {k: str(v) for k, v in found.overlay("end").items()})
    assert float(half["signals.demand_level.start"]) == pytest.approx(2 * float(first["signals.demand_level.start"]), rel=1e-5)


def test_sweep_says_of_which_scenario(capsys):
    assert call("sweep", "town.toml:bull", "price.drift=0.1", "--paths", "8", "--steps", "7", "--metric", "price_end") == 0
    assert "town.toml:bull: 1 variant, 8 futures each" in capsys.readouterr().out


def test_a_run_folder_of_other_series_says_which(capsys, town):
    run = ["simulate", "town.toml", "--paths", "8", "--out", "run", "--quiet"]
    assert call(*run, "--every", "7") == 0
    assert call(*run, "--every", "14", "--resume") == 2
    assert "save.every is 7 and not 14" in capsys.readouterr().err
