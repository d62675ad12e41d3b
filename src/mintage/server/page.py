"""`/docs`: every route of this network on one page, without scripts: nothing is loaded from elsewhere, and no key is ever typed into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Response

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}code{background:#f3f3f3;padding:.1em .3em}"
    "table{border-collapse:collapse;margin:.5em 0}td{border-top:1px solid #ddd;padding:.3em .8em .3em 0;vertical-align:top}h2{margin-top:2em}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def routes(app: FastAPI) -> APIRouter:
    """The page of an app."""
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response("\n".join(html(app.openapi())), media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})

    return router


def html(document: Mapping[str, Any]) -> Iterator[str]:
    """The page, from an OpenAPI document."""
    title = escape(document["info"]["title"])
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>'
    yield '<p>Amounts are decimal text. As a document for machines: <a href="/openapi.json">openapi.json</a>.</p>'
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault((operation.get("tags") or ["more"])[0], []).append("".join(_operation(path, method, operation)))
    for tag, told in groups.items():
        yield f"<h2>{escape(tag)}</h2>" + "".join(told)
    yield "</html>"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3><code>{method.upper()} {escape(path)}</code></h3><p>{escape(operation.get('description') or operation.get('summary', ''))}"
    if right := operation.get("x-mintage-right"):
        yield f" <em>Who may: {escape(right)}.</em>"
    yield "</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if fields := body.get("properties"):
        needed = set(body.get("required", ()))
        rows = (f"<tr><td><code>{escape(n)}</code>{'' if n in needed else ' (optional)'}<td>{escape(f.get('description', ''))}" for n, f in fields.items())
        yield "<table>" + "".join(rows) + "</table>"
