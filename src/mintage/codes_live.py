"""Codes of what runs: the ledger (MT7), the live network (MT8), the server (MT9)."""

from __future__ import annotations

LIVE: dict[str, tuple[str, str]] = {
    "MT701": (
        "The ledger is in use",
        "Another process has this ledger open. One process at a time writes to a SQLite ledger; stop the other, or use PostgreSQL, which several may share.",
    ),
    "MT702": (
        "The ledger is damaged",
        "A record of the journal does not have the hash that its content demands, or a record is missing. Nothing was changed. Restore the last backup, "
        "or `mintage ledger verify` to see where the chain breaks.",
    ),
    "MT703": (
        "The store failed",
        "The disk is full, the database went away, or the store could not write. What was acknowledged before is safe; the batch at hand was not "
        "written. Retry with the same ids: nothing is posted twice.",
    ),
    "MT704": (
        "A transfer was refused",
        "The ledger checks every transfer before it writes; the message names the rule it breaks, and what the accounts hold.",
    ),
    "MT705": ("The ledger is closed", "It was closed, or its writer stopped after a failure. Open it again; every acknowledged transfer is there."),
    "MT706": (
        "The ledger does not balance",
        "The auditor recomputed everything from the journal and found a difference. The message names where.",
    ),
    "MT707": ("No such account", "The account was never opened in this ledger. The message names the nearest that was."),
    "MT708": (
        "Another format of ledger",
        "The file was written by a version of Mintage with another schema. A newer one migrates when it opens; an older one must not write to it.",
    ),
    "MT709": ("No ledger there", "The file or database does not exist, or holds something else. A query, a check or a backup never makes a new ledger."),
    "MT710": (
        "Nothing to ask for",
        "A cursor is one that a page of this ledger ended with; a time is a date or 2026-11-21T12:00:00Z; the message says what fits.",
    ),
    "MT711": ("Too long a number for the format", "beancount computes with 28 digits and would round this amount. CSV and Parquet hold every amount exactly."),
    "MT801": ("Unknown entry", "The journal holds an entry that this version of Mintage does not know. A newer version wrote it: use that one."),
    "MT802": ("Nobody may join", "Owners join the kinds that the spec opens with members = 'open', as one of the classes it declares for them."),
    "MT803": ("A second row", "An owner has one row of a kind, for ever. A row that waits for the next epoch counts."),
    "MT804": ("No such row", "An owner has a row from the epoch after it joined. Rows of a kind that nobody joins are named @0, @1, ..."),
    "MT805": ("Not a feed", "Reports are taken for signals that live are told by reporters. Others follow from flows or from a mechanism, or are fixed."),
    "MT806": ("Not a number", "Amounts and reports are decimal text, such as '12.5': never a float, which could not be told exactly."),
    "MT807": ("Too few reports", "The spec requires fresh reports of this signal, and the epoch waits for them. Ask the reporters, or report by hand."),
    "MT808": ("The id was used", "An id belongs to one entry for ever: the same entry again is answered with its receipt, another one is refused."),
    "MT809": ("The key is revoked", "An operator ended this key. What it did before stands; it does nothing more."),
    "MT810": ("An old nonce", "The nonces of a key rise, so that what was signed once cannot be sent again. Sign anew with a higher one."),
    "MT811": ("No such event", "The event, its roles and its arguments are those that the mechanism declares; the message names them."),
    "MT812": ("The breaker is open", "An epoch broke a law or a bound, or an operator stopped the network. It says why; a reset with a reason lets it run."),
    "MT813": ("Not the next epoch", "Epochs run one after another, each once. Another process may have run this one already."),
    "MT814": ("Too late", "A change takes effect before an epoch that is still to come."),
    "MT815": ("No such correction", "An operator's transfer moves an amount of whole base units between two accounts of one asset, lots apart."),
    "MT816": (
        "The chart would change",
        "A running network takes other values of parameters. Other accounts, assets, lots or mechanisms make another network: begin a new ledger for it.",
    ),
    "MT817": (
        "A bound would break",
        "The spec bounds what an epoch may do. The epoch was refused whole and the breaker is open: look at what moved, then reset.",
    ),
    "MT818": ("An asset does not balance", "All accounts of an asset sum to zero. This is a mistake of ours or a damaged snapshot: verify the ledger."),
    "MT819": (
        "A seed that was not promised",
        "The seed of an epoch's noise was committed to before. Give the secret that it came from, or reset with a new commitment.",
    ),
    "MT820": (
        "The journal and the rules part",
        "Run again, an entry leads to other transfers than the journal holds: it was written by other rules, of an older version or of another mechanism.",
    ),
    "MT821": ("No network yet", "A ledger begins with a spec. Name one: mintage serve SPEC."),
    "MT822": ("Another network's ledger", "This ledger runs another spec. Use a ledger of its own for each network; change parameters through changes."),
    "MT823": ("Not your proposal", "Who opened a proposal says once what it would change, while it is open; votes are about that."),
    "MT824": (
        "Another state than the economy's",
        "A run goes on from a state of its own economy: the same accounts, signals and memory, with as many rows. A change of parameters keeps them; another "
        "chart, or members that the economy does not know, do not.",
    ),
    "MT825": ("Not there yet", "The journal ends before the record or step that was asked for, or before the first epoch. The message says how far it goes."),
    "MT901": (
        "Nobody asks",
        "The route changes something, so it needs to know who asks: an API key in Authorization: Bearer mk_..., or a signed request with the five Mintage "
        "headers. docs/how-to/call-the-api.md shows both.",
    ),
    "MT902": (
        "The signature does not hold",
        "A signature covers network, method, path with query, the SHA-256 of the body, nonce and expiry. Sign exactly what is sent, in canonical form, "
        "with the key of the address that the header names.",
    ),
    "MT903": (
        "Not valid at this time",
        "A signed request expires at most five minutes ahead, and not in the past. Compare the clock that signs with the Date header of the answer.",
    ),
    "MT904": (
        "No key of this network",
        "The API key is unknown, has no scope left, or was revoked. Keys belong to one network and are shown once; an operator makes another.",
    ),
    "MT905": (
        "Not allowed",
        "The key is known and may not do this. An event belongs to the owner of the row in its first role; an operator's key needs the scope that is named.",
    ),
    "MT906": ("Nothing is here", "No route has this path, or the thing it names does not exist. /openapi.json lists every route of this network."),
    "MT907": ("Another method", "The path exists, with other methods than this one; the Allow header names them."),
    "MT908": ("The body is too large", "A request has at most 64 KiB of body unless the operator chose otherwise. Nothing in this API needs more."),
    "MT909": (
        "Not JSON",
        "A body is one JSON value in UTF-8 (RFC 8259) with few levels of brackets, without NaN, and without a key that stands there twice.",
    ),
    "MT910": (
        "Not what the route takes",
        "A field is missing, unknown, or of another form than /openapi.json says. Amounts are decimal text such as '12.5', because a JSON number with a "
        "fraction becomes a binary float on its way.",
    ),
    "MT911": ("Too many requests", "Each key and each network address has its rate. Wait as long as the Retry-After header says, and send the same again."),
    "MT912": ("The server is full", "It answers as many requests, and holds as many streams, as it can bear. Send the same again a little later."),
    "MT913": (
        "It took too long",
        "The body did not arrive, or the network did not answer in time. Whether the request was done is open: send the same again, with the same "
        "idempotency key, and it is not done twice.",
    ),
    "MT914": ("A mistake of the server", "Nobody foresaw this. The id in the answer stands in the server's log beside the place where it happened."),
    "MT915": ("Another kind of content", "Bodies are JSON, and say so: Content-Type: application/json."),
    "MT916": ("The headers are too long", "Headers and query have at most 16 KiB together unless the operator chose otherwise."),
    "MT917": ("A header that cannot be", "The message names the header, and what it may hold."),
    "MT918": ("Another epoch comes next", "The request named the step it wanted to run. Somebody else ran it, or it was sent twice; nothing was run now."),
    "MT930": (
        "The network cannot be reached",
        "No answer came from the address, after every attempt. Whether the last request was done is open; the same call with the same idempotency key tells.",
    ),
    "MT931": (
        "The network has no such event",
        "Events come from the mechanisms of the spec that runs. The message names the nearest; `client.events()` lists them.",
    ),
    "MT932": (
        "The client cannot send this",
        "An amount is a Decimal, a whole number or decimal text, never a float. A client has one key, an API key or a private one, and only reads without.",
    ),
    "MT933": ("Not an answer of this API", "What answered is no Mintage server, or a proxy in between answered for it. Look at the address."),
}
