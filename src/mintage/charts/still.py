"""A chart as a picture, without a browser and without a network."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..errors import Fault, ServiceError
from .theme import VEGA, Mode, Spec, config

VERSION = "6.4"  # of Vega-Lite: the same as the vendored script's


def to_svg(spec: Spec, mode: Mode = "light") -> str:
    """The chart as SVG text. Raises ServiceError MT601 without the extra [report]."""
    return str(draw("svg", spec, mode))


def to_png(spec: Spec, scale: float = 2.0, mode: Mode = "light") -> bytes:
    """The chart as PNG, `scale` pixels [1] to a point. Raises ServiceError MT601 without the extra [report]."""
    return bytes(draw("png", spec, mode, scale=scale))


def draw(form: str, spec: Spec, mode: Mode, **options: Any) -> Any:
    """Let vl-convert draw; it may load nothing from anywhere."""
    vega = spec["$schema"] == VEGA
    function = getattr(library(), f"{'vega' if vega else 'vegalite'}_to_{form}")
    extra = options if vega else {**options, "vl_version": VERSION}
    return function({**spec, "config": config(mode)}, allowed_base_urls=[], **extra)


def library() -> ModuleType:
    try:
        import vl_convert
    except ImportError as missing:
        hint = "install it with: pip install 'mintage[report]'"
        raise ServiceError(Fault("MT601", "charts", "vl-convert-python is not installed", "the extra [report]", hint)) from missing
    return vl_convert
