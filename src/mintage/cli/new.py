"""`mintage new`: copy a preset to a file of one's own."""

from __future__ import annotations

import re
from pathlib import Path

import click

from ..errors import Fault, UsageError
from .common import say, twin
from .words import presets


@click.command("new", epilog=twin('import mintage as mt\nmine = mt.load("render").with_values({"network.horizon": "1 year"})\nprint(mine.name, mine.steps)'))
@click.argument("name")
@click.option(
    "--like", default="render", show_default=True, metavar="PRESET", shell_complete=presets, help="The preset to copy, comments and sources included."
)
@click.option("--force", is_flag=True, help="Overwrite NAME.toml if it is there.")
def command(name: str, like: str, force: bool) -> None:
    """Write NAME.toml, a copy of a preset to edit; its name and title are NAME.

    Then: mintage check NAME.toml, mintage report NAME.toml, mintage compare PRESET NAME.toml
    """
    from ..spec import source

    stem = name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", stem):
        raise UsageError(Fault("MT518", f"'{name[:60]}'", "is no name for a network", "a letter, then letters, digits, _ or -; the file is written here"))
    text = source(like)[0]
    for key in ("name", "title"):  # the judgement and the running network speak of it by its title
        text, count = re.subn(rf'(?m)^({key}\s*=\s*)"[^"]*"', rf'\1"{stem}"', text, count=1)
        assert count == 1
    path = Path(f"{stem}.toml")
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(Fault("MT519", str(path), "is there already", "a new name", "--force overwrites it")) from None
    except OSError as error:
        raise UsageError(Fault("MT519", str(path), f"cannot be written ({error.strerror})", "a folder you may write to")) from None
    click.echo(str(path))
    say(f"Change it, then: mintage compare {like} {path}")
