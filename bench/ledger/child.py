"""`python -m bench.ledger.child MODULE FUNCTION ARGUMENTS`: one row in a process of its own; its figures are the last line, as JSON."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

if __name__ == "__main__":
    module, function, arguments = sys.argv[1:]
    told = getattr(import_module(f"bench.ledger.{module}"), function)(**json.loads(arguments))
    print(json.dumps(told), flush=True)
    os._exit(0)  # as a kill would: nothing is tidied up behind what was measured
