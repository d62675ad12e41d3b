"""Files from anywhere: every one gets a clear error, and none much time or memory."""

from __future__ import annotations

import json
import os
import random
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import MintageError, SpecError
from mintage.spec import Spec, check, load, loads
from tests.spec.cases import TOWN

HEAD = '[network]\nname = "n"\ntoken = "TOK"\n[assets.TOK]\n[assets.USD]\nform = "fiat"\n'
HOSTILE: dict[str, tuple[str, str]] = {
    "a byte order mark": ("\ufeff" + TOWN, "MT103"),
    "a NUL": (TOWN.replace("more demand", "more\0demand"), "MT103"),
    "more than a mebibyte": ("#" * (1 << 20) + "\n" + TOWN, "MT102"),
    "deep arrays": ("a = " + "[" * 100_000, "MT106"),
    "deep inline tables": ("a = " + "{a=" * 50_000, "MT106"),
    "deep dotted keys": ("a" + ".a" * 100_000 + " = 1", "MT106"),
    "deep table names": ("[a" + ".a" * 100_000 + "]", "MT106"),
    "a number of a million digits": (f"a = {'9' * 1_000_000}", "MT110"),
    "a number of 5,000 digits in hex": (f"a = 0x{'f' * 5000}", "MT110"),
    "a number of 100 digits": (TOWN.replace("USD = 5000", f"USD = {'9' * 100}"), "MT110"),
    "a huge exponent": (TOWN.replace("USD = 5000", "USD = 1e999999999"), "MT110"),
    "a huge exponent in a text": (TOWN.replace("USD = 5000", 'USD = "1e999999 USD"'), "MT110"),
    "an exponent beyond decimals": (TOWN.replace("USD = 5000", "USD = 1e99999999999999999999"), "MT105"),
    "infinity": (TOWN.replace("USD = 5000", "USD = -inf"), "MT110"),
    "not a number": (TOWN.replace("USD = 5000", "USD = nan"), "MT110"),
    "a huge count": (TOWN.replace("decimals = 8", f"decimals = {'9' * 90}"), "MT110"),
    "too many keys": ("".join(f"k{i} = 1\n" for i in range(10_001)), "MT102"),
    "too many items": ("a = [" + "1," * 200_001 + "]", "MT102"),
    "too many mechanisms": (HEAD + "[[mechanism]]\n" * 1001, "MT102"),
    "too many holders": (TOWN.replace('role = "insider"\n\n', 'role = "insider"\nholders = 1_000_001\n\n', 1), "MT109"),
    "too many holders together": (TOWN.replace("[accounts.market]", "[accounts.market]\nholders = 600_000"), "MT102"),
    "too many steps": (TOWN.replace('step = "1 day"', 'step = "1 s"').replace('horizon = "1 year"', 'horizon = "10 years"'), "MT120"),
    "a schedule beyond time": (TOWN.replace("{ day = 2024-12-31, value = 0 }", "{ day = 1e50, value = 0 }"), "MT109"),
    "a key given twice": (TOWN.replace('name = "town"', 'name = "a"\nname = "b"'), "MT105"),
    "many escapes": ('a = "' + "\\n" * 400_000 + '"', "MT104"),
    "many open quotes": ('a = """' + '\\"""' * 200_000, "MT105"),
    "many quotes": ('"' * 900_001, "MT105"),
    "a thousand unknown keys": (TOWN + "".join(f"[k{i}]\n" for i in range(5000)), "MT104"),
    "code instead of a name": (TOWN.replace('use = "burn_mint"', 'use = "os.system"'), "MT111"),
    "a module instead of a name": (TOWN.replace('use = "burn_mint"', 'use = "../mechanisms/base"'), "MT111"),
    "a hundred scenarios": (TOWN + "".join(f"[scenario.s{i}]\n" for i in range(100)), "MT102"),
    "a list where a schedule's value belongs": (TOWN.replace("budgets = [", "budgets = { value = [] }\nx = ["), "MT108"),
    "a long name": (TOWN.replace('name = "jobs"', f'name = "{"j" * 100_000}"'), "MT118"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_gets_its_fault(name: str) -> None:
    text, code = HOSTILE[name]
    found = check(text, "x.toml")
    assert code in {f.code for f in found}
    assert len(found) <= 101
    assert all(len(str(f)) < 1500 for f in found)


OBEYED = ["\\u001b[31mred", "\\u202egnp.exe", "\\u2066x", "a\\rb", "a\\nb", "a\\tb", "\\u0085", "\\u009b31m", "\\u007f", "\\u2028"]


@pytest.mark.parametrize("text", OBEYED)
@pytest.mark.parametrize("key", ["title", "holder", "id", "auditors"])
def test_a_text_that_a_terminal_would_obey_is_refused_and_not_printed(text: str, key: str) -> None:
    old, new = {
        "title": ('name = "town"', f'name = "town"\ntitle = "{text}"'),
        "holder": ('holder = "team"', f'holder = "{text}"'),
        "id": ('id = "P1"', f'id = "{text}"'),
        "auditors": ('["A", "B"]', f'["A", "{text}"]'),
    }[key]
    found = check(TOWN.replace(old, new), "x.toml")
    assert [f.code for f in found if key in f.where] == ["MT109"]
    assert all(f.line for f in found)
    with pytest.raises(SpecError, match="MT109"):
        loads(TOWN).with_values({"network.title": json.loads(f'"{text}"')})


def test_what_explains_may_have_lines_and_tabs_and_nothing_else_that_is_not_seen() -> None:
    assert check(TOWN.replace('doc = "more demand"', 'doc = """more\n\tdemand"""')) == []
    assert check(TOWN.replace('title = "White paper"', 'title = "White paper"\nnote = "a\\nb"')) == []
    found = check(TOWN.replace('doc = "more demand"', 'doc = "more\\u001b demand"'))
    assert [(f.code, f.where, f.line) for f in found] == [("MT109", "scenario.bull.doc", 69)]


@pytest.mark.parametrize("mark", ["\u202e", "\u009b"])
def test_a_fault_never_prints_what_a_terminal_would_obey(mark: str) -> None:
    texts = [
        TOWN.replace("burn_share = {", f'"burn{mark}_share" = {{'),
        TOWN.replace('use = "burn_mint"', f'use = "burn_mint{mark}"'),
        TOWN.replace("decimals = 8", f"decimals = 99 # {mark}"),
        TOWN.replace('name = "town"', f"name = town # {mark}"),
        TOWN.replace('"price.drift" = 0.5', f'"price.dri{mark}ft" = 0.5'),
        TOWN.replace("[accounts.team]", f'[accounts."te{mark}am"]'),
    ]
    for text in texts:
        said = "\n".join(map(str, check(text, "x.toml")))
        assert "MT1" in said
        assert mark not in said, said


def fault_of(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load(path)
    return caught.value.faults[0].code


def test_a_file_of_a_hundred_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fault_of(path) == "MT102"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 << 10  # [KiB]


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    for name in ("pipe.toml", "folder.toml", "absent.toml", "nul\0.toml"):
        assert fault_of(tmp_path / name) == "MT101", name
    assert fault_of(Path("/dev/zero")) == "MT101"


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(TOWN.replace("more demand", "mehr \xe4").encode("latin-1"))
    with pytest.raises(SpecError, match=r"MT103 .*latin.toml:69 "):
        load(path)


def test_line_ends_of_windows_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(TOWN.replace("\n", "\r\n").encode())
    assert load(path).hash == loads(TOWN).hash


def with_history(file: str) -> str:
    replay = f'use = "history"\nname = "price"\nsignal = "price"\nhistory = {{ file = "{file}", column = "p", every = "7 days" }}'
    return (
        TOWN.replace('use = "gbm"\nname = "price"\nsignal = "price"\nvolatility = "80 %"', replay)
        .replace('"price.drift" = 0.5', '"price.hold" = 3')
        .replace("set.price.drift = -0.5", "")
    )


def test_a_history_beside_the_spec_is_read_and_paths_out_of_its_folder_are_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    (home / "sub/prices.csv").write_text("day,p\n0,2\n7,2.5\n", "utf-8")
    (home / "bad.csv").write_text("day,p\n0,\n", "utf-8")
    (home / "nan.csv").write_text("p\nnan\n", "utf-8")
    (tmp_path / "secret.csv").write_text("p\n1\n", "utf-8")
    (home / "link.csv").symlink_to(tmp_path / "secret.csv")
    (home / "loop.csv").symlink_to(home / "loop.csv")
    sound = loads(with_history("sub/prices.csv"), folder=home)
    assert [str(v) for v in sound.value("price.values")] == ["2", "2.5"]
    assert sound.value("price.hold") == 7
    for file in (
        "../secret.csv",
        str(tmp_path / "secret.csv"),
        "link.csv",
        "loop.csv",
        "sub",
        "absent.csv",
        "bad.csv",
        "nan.csv",
        "data:absent.csv",
        "data:../x",
        "a\\\\b",
    ):
        found = check(with_history(file), "x.toml", home)
        assert {f.code for f in found} <= {"MT121", "MT101"}, file
        assert found, file


def outcome(text: str) -> str:
    try:
        return "spec" if isinstance(loads(text), Spec) else "odd"
    except SpecError as error:
        return error.faults[0].code


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    assert outcome(text).startswith("MT1")


@settings(max_examples=500, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_mutated_spec_is_a_spec_or_a_spec_error(dice: random.Random) -> None:
    result = outcome(mutated(dice))
    assert result == "spec" or result.startswith("MT")


ODD = [
    "-1",
    "1e60",
    "nan",
    '""',
    '"x"',
    "[]",
    "{}",
    "true",
    "2023-12-20",
    "[[1]]",
    "{ value = [] }",
    "{ value = {} }",
    "0",
    '"0 day"',
    '"1e9 TOK"',
    "1979-05-27T07:32:00Z",
    "07:32:00",
]


def mutated(dice: random.Random) -> str:
    """The town with a few lines dropped, doubled, swapped, or given an odd value."""
    rows = TOWN.split("\n")
    for _ in range(dice.randint(1, 4)):
        i, j = dice.randrange(len(rows)), dice.randrange(len(rows))
        key = rows[i].partition(" = ")[0]
        rows[i] = dice.choice(["", rows[j], f"{key} = {dice.choice(ODD)}", rows[i] + "\n" + rows[j], rows[i][: dice.randint(0, 40)]])
    return "\n".join(rows)


@settings(max_examples=150, deadline=None)
@given(
    path=st.text(alphabet="abprice.js01_OK", max_size=20),
    value=st.one_of(st.floats(), st.integers(), st.text(max_size=5), st.none(), st.lists(st.integers(), max_size=2)),
)
def test_any_change_gives_a_spec_or_an_error_of_ours(path: str, value: object) -> None:
    for name in (path, "jobs.burn_share", "price.start", "emission.budgets", "network.step", "accounts.market.opening.USD"):
        assert changed(name, value) == "spec" or changed(name, value).startswith("MT"), name


def changed(name: str, value: object) -> str:
    try:
        return "spec" if isinstance(SOUND.with_values({name: value}), Spec) else "odd"
    except MintageError as error:
        return error.faults[0].code


SOUND = loads(TOWN)
