"""Every code with its title and explanation: what `mintage explain MT104` prints. Codes keep their meaning for ever."""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    "MT410": (
        "No such table",
        "Only the tables of mintage/data ship with the package; the message names the nearest one. For data of your own, give the path of a CSV file to the "
        "command that reads it.",
    ),
    "MT420": (
        "No data",
        "A statistic was asked of no numbers at all. Give it at least one; a missing series is reported as not shown, never as zero.",
    ),
    "MT421": (
        "Not a number",
        "A value is NaN, or infinite where the formula has no meaning for it. Drop the period or mend the source: a silent NaN would poison every result behind it.",
    ),
    "MT422": (
        "Outside its range",
        "A value lies outside the range in which the formula holds, such as a price of zero or a share above one. Check its unit: a share is 0.05, not 5.",
    ),
    "MT423": (
        "Shapes or settings do not fit",
        "Two inputs that belong together differ in shape or setting, such as steps, paths, or the error of a sketch. Take both from runs of the same size.",
    ),
    "MT424": (
        "Too little data",
        "The statistic needs more points than there are: any number given would pretend to a knowledge that the data do not hold. Lengthen the run or add paths.",
    ),
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
