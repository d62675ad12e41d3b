"""Every code with its title and explanation: what `mintage explain MT104` prints. Codes keep their meaning for ever."""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    "MT601": (
        "vl-convert is not installed",
        "Charts become SVG or PNG pictures through vl-convert-python, which the base install leaves out. Install the extra: "
        "pip install 'mintage[report]'. The HTML report needs no extra: it carries its own scripts.",
    ),
    "MT602": (
        "No such chart",
        "The name is neither a chart nor a fan of one of this document's series (fan:NAME, such as fan:price). The message names the nearest valid one.",
    ),
}
