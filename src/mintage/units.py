"""A small algebra of units, so that adding tokens to dollars is an error. Time is counted in days.

A unit is a product of symbols with whole exponents and a scale: `USD/week` is USD day^-1 x 1/7. Assets of a network are symbols of
their own; any other word must be in `SYMBOLS`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from .errors import Fault, SpecError, nearest

SCALED: dict[str, tuple[str, Fraction]] = {
    "s": ("day", Fraction(1, 86400)),
    "min": ("day", Fraction(1, 1440)),
    "h": ("day", Fraction(1, 24)),
    "hour": ("day", Fraction(1, 24)),
    "day": ("day", Fraction(1)),
    "week": ("day", Fraction(7)),
    "month": ("day", Fraction(365, 12)),
    "year": ("day", Fraction(365)),
    "%": ("", Fraction(1, 100)),
    "bp": ("", Fraction(1, 10000)),
    "1": ("", Fraction(1)),
}
LONGEST = 200  # characters of a unit's text
PRECISION = 100  # digits of a conversion: those of exact arithmetic, so that 2^256 - 1 keeps all
SYMBOLS = frozenset({"job", "node", "GPU", "person", "vote", "frame", "OBh"})
PLURAL = {"days": "day", "weeks": "week", "months": "month", "years": "year", "hours": "hour", "percent": "%", "jobs": "job", "nodes": "node"}
WORD = re.compile(r"[A-Za-z%][A-Za-z0-9_%]*|1")


@dataclass(frozen=True)
class Unit:
    """Symbols with exponents, sorted, and the scale to the canonical unit (days, ones)."""

    powers: tuple[tuple[str, int], ...] = ()
    scale: Fraction = Fraction(1)

    def __mul__(self, other: Unit) -> Unit:
        return self._times(other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return self._times(other, -1)

    def __pow__(self, exponent: int) -> Unit:
        return Unit(tuple((s, n * exponent) for s, n in self.powers if n * exponent), self.scale**exponent)

    def _times(self, other: Unit, sign: int) -> Unit:
        powers = dict(self.powers)
        for symbol, n in other.powers:
            powers[symbol] = powers.get(symbol, 0) + sign * n
        return Unit(tuple(sorted((s, n) for s, n in powers.items() if n)), self.scale * other.scale**sign)

    def same(self, other: Unit) -> bool:
        """Same symbols and same scale: values may be added without conversion."""
        return self.powers == other.powers and self.scale == other.scale

    def __str__(self) -> str:
        above = "*".join(s if n == 1 else f"{s}^{n}" for s, n in self.powers if n > 0) or "1"
        below = "/".join(s if n == -1 else f"{s}^{-n}" for s, n in self.powers if n < 0)
        scale = "" if self.scale == 1 else f"{Decimal(self.scale.numerator) / Decimal(self.scale.denominator):.6g} "
        return f"{scale}{above}" + (f"/{below}" if below else "")


ONE = Unit()


@lru_cache(maxsize=4096)
def parse(text: str) -> Unit:
    """`USD/RENDER`, `token/week`, `GPU*h`, `1/year`, `day^2`. Any word is a symbol here; `check_words` refuses unknown ones.

    Errors: SpecError MT130 for text that is no unit.
    """
    if len(text) > LONGEST:
        raise SpecError(Fault("MT130", f"unit '{text[:60]}...'", f"it has {len(text)} characters", f"at most {LONGEST}"))
    out, sign = ONE, 1
    for i, part in enumerate(re.split(r" *([*/]) *", text.strip(" "))):
        if i % 2:
            sign = -1 if part == "/" else 1
            continue
        word, raised, power = part.partition("^")
        if not WORD.fullmatch(word) or (raised and not re.fullmatch("-?[0-9]{1,2}", power)):
            raise SpecError(Fault("MT130", f"unit '{text[:60]}'", f"'{part[:30]}' is no unit", "words joined by * and /, such as USD/day"))
        symbol, scale = SCALED.get(PLURAL.get(word, word), (word, Fraction(1)))
        base = Unit(((symbol, 1),) if symbol else (), scale)
        out = out._times(base ** int(power or 1), sign)
    return out


def words(text: str) -> list[str]:
    """The words of a unit's text."""
    return list(WORD.findall(re.sub("\\^-?[0-9]+", "", text)))


def check_words(text: str, assets: Collection[str]) -> None:
    """Refuse a unit that names something unknown. Errors: SpecError MT131 with the nearest known word."""
    known = {*SCALED, *PLURAL, *SYMBOLS, *assets}
    for word in words(text):
        if word not in known:
            raise SpecError(Fault("MT131", f"unit '{text}'", f"'{word}' is not known", "assets of this network, times, 1, %", nearest(word, known)))


def resolve(text: str, names: Mapping[str, str]) -> str:
    """Words that name sibling parameters become the asset they stand for: `currency/asset` -> `USD/RENDER`."""
    return WORD.sub(lambda m: names.get(m.group(), m.group()), text)


def convert(value: Decimal, source: str, target: str) -> Decimal:
    """`value` [source] in [target]. Errors: SpecError MT132 when the units measure different things."""
    a, b = parse(source), parse(target)
    if a.powers != b.powers:
        raise SpecError(Fault("MT132", f"unit '{source}'", f"{a} cannot become {b}", f"a unit of {target}"))
    if a.scale == b.scale:
        return value
    factor = a.scale / b.scale
    with localcontext() as c:
        c.prec = PRECISION
        return value * factor.numerator / factor.denominator
