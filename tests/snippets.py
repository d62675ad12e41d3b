"""What a page of documentation claims, as things to run: fenced blocks with their language, expected output and reasons not to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^(?:<!-- (?P<note>[^>]*) -->\n\n?)?```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN, FILE = "not run: ", "file: "


@dataclass(frozen=True)
class Snippet:
    """One fenced block: `line` is the line of its first row, `note` the HTML comment just above it (`not run: why` or `file: name`)."""

    language: str
    body: str
    line: int
    note: str

    @property
    def runs(self) -> bool:
        return not self.note.startswith(NOT_RUN)

    @property
    def file(self) -> str:
        """The file a reader is told to save the block as, or nothing."""
        return self.note.removeprefix(FILE) if self.note.startswith(FILE) else ""


@dataclass(frozen=True)
class Command:
    """One `$` line of a console block: what it prints (a prefix of it, with `...` for what may differ) and the status it exits with."""

    text: str
    status: int
    output: tuple[str, ...]

    def missing(self, printed: str) -> list[str]:
        """The expected lines that do not appear in `printed`, in order; runs of blanks count as one."""
        rest, lost = iter(_flat(line) for line in printed.splitlines()), []
        for line in self.output:
            pattern = ".*".join(re.escape(part) for part in re.split(r"\.\.\.|…", _flat(line)))
            if not any(re.fullmatch(pattern, found) for found in rest):
                lost.append(line)
        return lost


def pages() -> list[Path]:
    """Every page a reader follows: the README, the contributing page and all of docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def snippets(page: str) -> list[Snippet]:
    """The fenced blocks of a page that name a language, in order."""
    return [Snippet(m["language"], m["body"], page.count("\n", 0, m.start("body")) + 1, m["note"] or "") for m in FENCE.finditer(page)]


def commands(console: str) -> list[Command]:
    """The commands of a console block; a status other than 0 is written behind the command as `# exits 3`."""
    found = []
    for block in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        head, *output = block.replace("\\\n", "").splitlines()
        text, _, status = head.partition("# exits ")
        found.append(Command(text.strip(), int(status or 0), tuple(line for line in output if line.strip() not in ("", "..."))))
    return found


def _flat(line: str) -> str:
    return " ".join(line.split())
