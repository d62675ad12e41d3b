"""The log: one JSON object a line on stderr, one line a request. Headers and bodies are never written, so no secret can be."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any, TextIO


class Log:
    """Writes lines. Safe to call from any thread: a line is one write."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def write(self, event: str, **fields: Any) -> None:
        """One line: time, what happened, and the fields."""
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": event, **fields}
        stream = self.stream or sys.stderr
        try:
            stream.write(json.dumps(line, ensure_ascii=True, default=str) + "\n")
            stream.flush()
        except (OSError, ValueError):  # the reader went away or the stream was closed: answering requests matters more
            return

    def unforeseen(self, error: BaseException, **fields: Any) -> None:
        """An error that is our mistake: its kind and the places it passed through, not its message, which may quote a request."""
        places = [f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-12:]]
        self.write("error", kind=type(error).__name__, places=places, **fields)


class Handler(logging.Handler):
    """Puts what uvicorn has to say into the same log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self.log.unforeseen(record.exc_info[1], logger=record.name)
        else:
            self.log.write("server", level=record.levelname.lower(), message=record.getMessage()[:500])
