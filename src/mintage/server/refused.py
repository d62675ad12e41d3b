"""Refusals of the edge: errors with a code of MT9, the status that each code has, and what a caller is told beside it."""

from __future__ import annotations

from ..errors import Fault, LedgerError, MintageError, ServiceError, UsageError

STATUS: dict[str, int] = {
    "MT302": 409,  # an overdraft
    "MT304": 409,  # a cap
    "MT704": 409,
    "MT707": 404,
    "MT803": 409,
    "MT805": 404,
    "MT807": 409,  # an epoch waits for reports
    "MT808": 409,  # an id that was used
    "MT809": 401,
    "MT810": 409,  # a nonce that was used
    "MT812": 503,  # the breaker is open
    "MT813": 409,
    "MT814": 409,
    "MT817": 409,  # a bound of the network
    "MT823": 409,  # a proposal of another owner, or not open
    "MT901": 401,  # nobody said who asks
    "MT902": 401,  # the signature is wrong
    "MT903": 401,  # expired, or valid for too long
    "MT904": 401,  # unknown or revoked key
    "MT905": 403,  # known, and not allowed
    "MT906": 404,
    "MT907": 405,
    "MT908": 413,
    "MT909": 400,  # no JSON
    "MT910": 422,  # JSON that is not what the route takes
    "MT911": 429,
    "MT912": 503,  # full
    "MT913": 503,  # took too long
    "MT914": 500,
    "MT915": 415,
    "MT916": 431,
    "MT917": 400,  # a header that is not what it must be
    "MT918": 409,  # the next epoch is another one
}
AGAIN = {"MT911", "MT912", "MT913"}  # worth sending again, unchanged


class Refused(UsageError):
    """The edge refuses a request. `headers` go into the answer."""

    def __init__(self, *faults: Fault, headers: dict[str, str] | None = None) -> None:
        super().__init__(*faults)
        self.headers = headers or {}


def refuse(code: str, where: str, found: str, expected: str = "", hint: str = "", headers: dict[str, str] | None = None) -> Refused:
    """A refusal with one fault."""
    return Refused(Fault(code, where, found, expected, hint), headers=headers)


def status_of(error: MintageError) -> int:
    """The status of an error: by its code, else by whose fault it is.

    409: the request may succeed once the network is in another state (too little money, a cap reached, a nonce or an id that was used).
    422: it never will as it stands. 503: the network or its ledger cannot take anything now.
    """
    status = STATUS.get(error.faults[0].code)
    if status is None:
        status = 503 if isinstance(error, LedgerError | ServiceError) else 422
    return status
