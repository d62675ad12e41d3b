"""`mintage completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

WHERE = """\b
bash: mintage completion bash >> ~/.bashrc
zsh:  mintage completion zsh >> ~/.zshrc
fish: mintage completion fish > ~/.config/fish/completions/mintage.fish"""


@click.command("completion", epilog=WHERE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script for a shell."""
    from . import cli

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "mintage", "_MINTAGE_COMPLETE").source())
    return 0
