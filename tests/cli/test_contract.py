"""What holds for every command: help with a Python twin that runs, data and messages apart, exit codes, start-up, pipes, wrong words."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import textwrap
from contextlib import suppress

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mintage import __version__
from mintage.cli import COMMANDS, cli
from tests.cli.command import DOCUMENTED, ENV, START, call, spawn

WITHOUT_TWIN = {"completion"}
READS = {"check": ["town.toml"], "simulate": ["town.toml"], "networks": [], "mechanisms": [], "doctor": [], "explain": ["MT302"]}
SIZES = ["--paths", "16", "--beside", "8", "--quiet"]


def twin(name: str) -> str:
    """The Python at the end of a command's help."""
    context = click.Context(cli, **cli.context_settings)
    command = cli.get_command(context, name)
    assert command is not None
    text = command.get_help(click.Context(command, info_name=name, parent=context, terminal_width=200))
    return textwrap.dedent(text.partition("In Python:\n")[2])


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - WITHOUT_TWIN))
def test_the_python_twin_of_a_command_has_at_most_three_lines_and_runs(name, capsys):
    code = twin(name)
    assert 2 <= len(code.strip().splitlines()) <= 3
    exec(compile(code, f"twin of {name}", "exec"), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_line_in_the_list(name, capsys):
    assert call(name, "--help") == 0
    own = capsys.readouterr().out
    assert f"mintage {name}" in own
    assert call("-h") == 0
    assert f"  {name} " in capsys.readouterr().out


def test_help_and_version_import_no_numpy_and_no_command():
    for option in ("--help", "--version"):
        code = f"import sys; sys.argv[1:] = [{option!r}]; from mintage.cli import main\ntry: main()\nfinally: print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], env=ENV, capture_output=True, text=True, check=True)
        loaded = set(done.stdout.rsplit("\n", 2)[-2].split())
        assert not loaded & {"numpy", "scipy", "pydantic", "rich", "jinja2", "xarray", "mintage.spec", "mintage.cli.check", "mintage.simulate"}
    assert __version__ in done.stdout


@pytest.mark.parametrize("name", READS)
def test_json_is_one_value_on_stdout(name, capsys):
    assert call(name, *READS[name], "--json", *(["--paths", "8"] if name == "simulate" else [])) == 0
    json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["chekc", "town.toml"], 2, "MT517 'chekc': no such command, expected a command of mintage --help. did you mean 'check'?"),
        (["check"], 2, "Missing argument"),
        (["check", "--jsn", "town.toml"], 2, "No such option"),
        (["simulate", "town.toml", "--paths", "0"], 2, "--paths"),
        (["simulate", "town.toml", "--resume"], 2, "--out"),
        (["simulate", "nowhere.toml"], 3, "MT101"),
        (["simulate", "rendr"], 3, "did you mean 'render'?"),
        (["simulate", "town.toml:bul"], 2, "MT512"),
        (["simulate", "town.toml", "--var", "prise"], 2, "did you mean 'price'?"),
        (["simulate", "town.toml", "--var", "price[3]"], 2, "MT502 price[3]: no such row"),
        (["simulate", "town.toml", "--var", "burn/"], 2, "MT502 burn/: no such variable"),
        (["simulate", "town.toml", "--export", "x.xlsx"], 2, "MT531"),
        (["compare", "town.toml"], 2, "MT507"),
        (["compare", "town.toml", "town.toml", "--metric", "revenu"], 2, "did you mean 'revenue'?"),
        (["sweep", "town.toml", "jobs.burn_shar=1"], 2, "did you mean 'jobs.burn_share'?"),
        (["sweep", "town.toml", "jobs.burn_share"], 2, "MT516"),
        (["sweep", "town.toml", "jobs.burn_share=a"], 2, "MT516"),
        (["sweep", "town.toml", "price.drift=0..1/1"], 2, "MT516"),
        (["sweep", "town.toml", "price.drift=0..1"], 2, "price.drift=0..1/5 for five values"),
        (["sweep", "town.toml", "price.drift=0.5", "jobs.burn_share=1", "price.drift=0.9"], 2, "MT516 price.drift: is given twice"),
        (["sweep", "town.toml", "price.drift=1", "--out", "t.xlsx"], 2, "MT531"),
        (["chart", "town.toml", "--chart", "fam"], 2, "MT602"),
        (["chart", "town.toml", "--format", "png"], 2, "MT520"),
        (["chart", "town.toml", "--out", "p.xyz"], 2, "MT520 p.xyz: ends in '.xyz', expected a file that ends in .svg, .png or .json"),
        (["chart", "town.toml", "--out", "picture"], 2, "MT520"),
        (["report", "town.toml", "--out", "none/r.html"], 2, "MT519"),
        (["report", "town.toml", "--out", "r.pdf"], 2, "MT520"),
        (["explain", "MT9999"], 2, "MT521"),
        (["mechanisms", "burn_mnt"], 2, "did you mean 'burn_mint'?"),
        (["calibrate", "--history", "none.csv"], 2, "MT434"),
        (["calibrate", "town.toml"], 2, "MT434 --history: no record of 'town' ships"),
        (["calibrate", "nosuch", "--json"], 3, "MT124"),
        (["calibrate", "nosuch.toml", "--json"], 3, "MT101"),
        (["schema", "specs"], 2, "specs"),
        (["new", "../mine"], 2, "MT518"),
        (["new", "mine", "--like", "rendr"], 3, "did you mean 'render'?"),
        ([], 2, "Usage"),
    ],
)
def test_wrong_words_exit_as_documented_and_say_on_stderr_what_to_do(args, status, says, capsys, town):
    assert call(*args) == status
    out, err = capsys.readouterr()
    assert says in err
    assert out == ""
    assert "Traceback" not in err
    assert [p.name for p in town.iterdir()] == ["town.toml"]


words = st.one_of(
    st.text(max_size=40), st.sampled_from(["--json", "-h", "town.toml", "render", "MT302", "T201", "RF1", "tests", "--like", "--force", ".", "..", "a\0b"])
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["check", "explain", "new", "mechanisms", "schema"]), st.lists(words, max_size=4))
def test_no_argument_brings_a_status_that_is_not_documented(name, args):
    assert call(name, *args) in DOCUMENTED - {1, 130}


def test_an_error_of_ours_is_named_and_shown_whole_only_on_request(monkeypatch, capsys):
    from mintage import spec

    def broken(*args):
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(spec, "check", broken)
    assert call("check", "town.toml") == 70
    err = capsys.readouterr().err
    assert err.startswith("MT599 ")
    assert "ZeroDivisionError: a mistake of ours" in err
    assert "--debug" in err
    assert "Traceback" not in err
    from mintage.cli import main

    with pytest.raises(ZeroDivisionError):
        main(["--debug", "check", "town.toml"])


@pytest.mark.parametrize("args", [["schema"], ["explain", "errors"], ["simulate", "town.toml", "--paths", "8"], ["mechanisms"]])
def test_a_reader_that_goes_away_is_no_error(args, town):
    with spawn(*args, cwd=town) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.wait() == 0
        assert child.stderr.read() == b""


@pytest.mark.parametrize(("args", "status"), [(["evaluate", "town.toml", *SIZES], 1), (["check", "bad.toml", "bad.toml"], 3)])
def test_a_reader_that_goes_away_does_not_change_a_verdict(args, status, town):
    (town / "bad.toml").write_text("", "utf-8")
    with spawn(*args, cwd=town) as child:
        assert child.stdout is not None
        child.stdout.close()
        assert child.wait() == status


@pytest.mark.parametrize("args", [["simulate", "town.toml", "--paths", "8"], ["evaluate", "town.toml", *SIZES], ["schema"], ["--help"]])
def test_an_output_that_is_full_is_named_and_is_no_mistake_of_ours(args, town):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*START, *args], cwd=town, env=ENV, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode() == "MT519 the output: cannot be written (No space left on device), expected a file or device with room for it.\n"


def test_a_run_folder_on_a_full_disk_is_named(town):
    args = ["simulate", "town.toml", "--paths", "600", "--steps", "7", "--out", "run", "--quiet"]
    small = ["sh", "-c", 'ulimit -f 4; exec "$@"', "sh"]  # 2 or 4 KiB, as the shell counts: a manifest fits, a chunk does not
    done = subprocess.run([*small, *START, *args], cwd=town, env=ENV, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout == b""
    assert re.fullmatch(r"MT519 run/chunk-0-\w+\.npz: cannot be written \(File too large\), expected .*\n", done.stderr.decode())
    assert [p.name for p in (town / "run").iterdir()] == ["manifest.json"]


def test_colour_is_for_terminals_only(town):
    plain = subprocess.run([*START, "simulate", "town.toml", "--paths", "8"], cwd=town, env=ENV, capture_output=True, check=True)
    assert b"\x1b" not in plain.stdout + plain.stderr
    assert plain.stderr == b""  # no progress into a file


@pytest.mark.parametrize(("no_colour", "expected"), [("", True), ("1", False)])
def test_a_terminal_gets_colour_unless_no_color_says_otherwise(town, no_colour, expected):
    master, slave = pty.openpty()
    env = ENV | {"TERM": "xterm-256color", "COLUMNS": "80", **({"NO_COLOR": no_colour} if no_colour else {})}
    child = subprocess.Popen([*START, "evaluate", "town.toml", *SIZES], cwd=town, env=env, stdout=slave, stderr=subprocess.DEVNULL)
    os.close(slave)
    seen = b""
    with suppress(OSError):  # a closed terminal
        while block := os.read(master, 65536):
            seen += block
    os.close(master)
    assert child.wait() in (0, 1)
    assert (b"\x1b[31m" in seen or b"\x1b[32m" in seen) is expected
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", seen.decode()).splitlines())) <= 80
