"""Every code with its title and explanation: what `mintage explain MT104` prints. Codes keep their meaning for ever."""

from __future__ import annotations

from .codes_live import LIVE

CODES: dict[str, tuple[str, str]] = {
    "MT101": ("The file cannot be read", "A spec is an ordinary text file that exists and that you may read: no folder, device or pipe."),
    "MT102": (
        "Too large",
        "Bounds keep a file from anywhere harmless: 1 MiB of text, 10,000 keys, 1,000 mechanisms, 262,144 rows of balances and "
        "signals. Split the model or use cohorts.",
    ),
    "MT103": ("Not plain text", "A spec is UTF-8 without a byte order mark and without NUL characters. Save it again as UTF-8."),
    "MT104": (
        "Unknown key",
        "No section or mechanism has this key, so its value would be ignored in silence. Correct it to the nearest name in the message, or remove it.",
    ),
    "MT105": ("Not TOML", "The text breaks the grammar of TOML at the line shown: a missing quote or bracket, a key given twice, a value without quotes."),
    "MT106": ("Nested too deep", "Brackets or dotted keys go down more than 32 levels. A spec needs four."),
    "MT107": ("Something is missing", "A key without a default was left out. The message names it and the place where it belongs."),
    "MT108": (
        "Wrong type",
        "The value is of another kind than the key needs, such as a text where a number belongs. A quantity with a unit is a text: '3 years'.",
    ),
    "MT109": ("Outside its range", "The value is not among those that the key allows. Check its unit: a share is 0.05 or '5 %', not 5."),
    "MT110": ("Unreasonable number", "Numbers are finite, of at most 80 digits and of a size from 10^-60 to 10^60: nothing in an economy needs more."),
    "MT111": (
        "Unknown mechanism or process",
        "`use` names a mechanism under [[mechanism]] and a process under [[process]]. Those of other packages must be installed: a spec imports nothing.",
    ),
    "MT112": (
        "Unknown account",
        "An account is kind/ASSET. Its kind is a key of [accounts] that holds the asset, or external, issuance, burned, or made by a mechanism (locked).",
    ),
    "MT113": ("Unknown asset", "Every asset has a table [assets.NAME], the network's token and fiat too. An account opens only with assets that it holds."),
    "MT114": ("Unknown signal", "[evaluation] gives roles to signals that [signals] declares with unit and start."),
    "MT115": (
        "Unknown source",
        "A number cites a source by its key in [sources], so that title and date are written once. Add the source, or correct the key.",
    ),
    "MT116": (
        "Unknown parameter path",
        "A scenario or usage driver names a value that the spec does not have. A path is a name and a parameter: jobs.burn_share, price.start.",
    ),
    "MT117": (
        "Scenarios that do not end",
        "A scenario extends one that does not exist, or itself through others. Each chain must end at a scenario that extends none.",
    ),
    "MT118": (
        "Not a name",
        "Names are letters, digits and underscores after a letter: assets begin with a capital, accounts are small. Words of units and sections are taken.",
    ),
    "MT119": (
        "Supply that does not add up",
        "Opening balances and allocations together pass the cap, or differ from the genesis supply that the asset states. One of the numbers is wrong.",
    ),
    "MT120": ("Not a whole number of steps", "Time goes in steps of `network.step`. Periods are whole numbers of steps, and a run has from 1 to 10,000,000."),
    "MT121": (
        "History that cannot be read",
        "A record is a column of numbers in a shipped table (data:NAME.csv) or in a CSV file inside the spec's own folder. No other file is ever opened.",
    ),
    "MT122": (
        "A mechanism fails on these parameters",
        "The code of a mechanism raised an error while the economy was put together. Look at extreme values first; if they are fine, the mechanism is not.",
    ),
    "MT123": ("Both sourced and assumed", "A number either has a source or is an assumption. Remove one of the two; `note` takes further words."),
    "MT124": ("No such network", "A name without suffix and slash is a network that ships with Mintage. A file is named with its suffix: ./mine.toml."),
    "MT130": ("Not a unit", "A unit is words joined by * and /, with whole powers: USD/day, RENDER, GPU*h, 1/year, day^2. Check for stray characters."),
    "MT131": (
        "Unknown word in a unit",
        "A unit may name the network's assets, times (s, min, h, day, week, month, year), %, bp, 1 and a few things that are counted (job, node, GPU, person).",
    ),
    "MT132": (
        "Units that measure different things",
        "A value was given in a unit that cannot be converted into the one the parameter needs, such as USD where USD/day belongs. Give the amount "
        "per time, or choose the right parameter.",
    ),
    "MT201": (
        "Two of the same name",
        "Every process and mechanism of an economy needs a name of its own, because noise, flows and parameter paths are addressed by it.",
    ),
    "MT202": (
        "Parameters that contradict each other",
        "Each value is fine alone, together they are not, such as shares that do not sum to one. The message says which and what was expected.",
    ),
    "MT203": (
        "Unknown account, signal or memory",
        "A rule or parameter names something the economy does not have. Declare it, or use the nearest name in the message.",
    ),
    "MT204": (
        "A rule writes where it may only read",
        "Balances, signals and memory are handed out to be read. Return flows and updates instead; the engine applies them.",
    ),
    "MT205": (
        "A signal with two writers",
        "Each signal has exactly one writer: a process or a mechanism. Give one of them another signal, or combine them with the process `product`.",
    ),
    "MT206": (
        "Unknown signal",
        "A parameter reads or writes a signal that `[signals]` does not declare. Declare it with unit and start, or use the nearest name.",
    ),
    "MT207": (
        "Units do not agree",
        "A rule adds, compares or moves amounts of different units, or a signal has another unit than the mechanism needs. Tokens and dollars do "
        "not add: convert with a price.",
    ),
    "MT208": ("Not a flow", "A rule returned something else than flows with a fixed reason. Use Flow(src, dst, amount, reason), mint(...) or burn(...)."),
    "MT209": ("Update of something that is not its own", "A rule may update the signals its parameters write and the memory it declared, nothing else."),
    "MT210": (
        "A rule fails on arrays",
        "The rule raised an error when it was run once on sample arrays. The message has the error and the line; often a NumPy function was called "
        "instead of ctx.xp.",
    ),
    "MT211": ("A flow between two assets", "A flow moves one asset. To exchange, emit two flows: tokens one way, dollars the other."),
    "MT212": (
        "Populations that do not fit",
        "Two accounts with different numbers of holders can be joined only through one holder, or with explicit rows (src_at, dst_at).",
    ),
    "MT213": ("Wrong number of rows", "A signal with a row for each holder needs one starting value for all, or one for each."),
    "MT214": (
        "An amount or value with other rows",
        "A flow's amount has one row a holder of its larger side, and a signal or memory keeps its rows. For one amount over many holders use `spread` "
        "(equal parts) or `pro_rata`; for one value of many, `xp.total`.",
    ),
    "MT215": (
        "A package that cannot be imported",
        "An installed package offers mechanisms by an entry point, and importing its module failed. `pip uninstall` it, or install what it needs.",
    ),
    "MT216": (
        "Two mechanisms of one name",
        "A spec names a mechanism, so a name stands for one. Give your own another; the names that are taken: mintage mechanisms.",
    ),
    "MT217": (
        "A parameter with a key's name",
        "`use`, `name`, `every`, `offset`, `active`, `doc` and `history` stand in every table of a process or mechanism, so a parameter of that name could "
        "never be set. Call it something else.",
    ),
    "MT218": (
        "An opening balance on lots",
        "The account is a ring of lots or a row of tranches, and nobody could say which of them the tokens are in. Open another account with them, or let the "
        "mechanism place them.",
    ),
    "MT220": (
        "A raw comparison",
        "`<`, `>`, `==` on computed values take other branches in floats than in exact arithmetic. xp.lt, xp.ge, xp.eq and xp.gate treat values "
        "within 1e-9 as equal.",
    ),
    "MT221": (
        "An if on an array",
        "A rule runs on many paths at once, so a Python if cannot choose for all. Use xp.where(mask, a, b) or xp.gate; an if on a parameter is fine.",
    ),
    "MT222": ("A raw floor, rounding or power", "They cut differently in floats and Decimals. xp.floor snaps; xp.power keeps guard digits."),
    "MT223": ("A value taken out of the arithmetic", "float(x), int(x), math.* and np.* work on one arithmetic only. Use the methods of ctx.xp."),
    "MT224": ("Writing in place", "An array handed to a rule may be shared with the state. Make a new one: x = x + y, or xp.put(a, index, value)."),
    "MT225": ("A mask used as a number", "Comparisons give masks. Turn them into numbers with xp.where(mask, a, b), or use xp.gate."),
    "MT226": ("A float literal", "0.5 does not mix with Decimals, so exact settlement would fail. Make it a parameter, a whole number, or xp.num('0.5')."),
    "MT301": ("A negative flow", "A mechanism moved a negative amount, which would mint by burning. Look at the formula at the step and path in the message."),
    "MT302": (
        "An overdraft",
        "A flow takes more than its source holds. Bound it with xp.minimum(amount, state[account]); only `external` and `issuance` may go below zero.",
    ),
    "MT303": ("Not a number", "An amount became NaN, most often by dividing zero by zero. xp.div(a, b, default) says what should happen then."),
    "MT304": ("The cap is passed", "A mint would take supply above the asset's cap. Give the emission the cap too, or correct the cap."),
    "MT305": (
        "The accounts do not sum to zero",
        "Every flow leaves one account and reaches another, so this should not happen: an amount overflowed, or a mechanism got at the balances.",
    ),
    "MT306": ("A signal is not finite", "A signal grew without bound or became NaN. Look at drift, volatility and divisions of its writer."),
    "MT307": (
        "A law was broken in a compiled run",
        "JAX cannot stop inside a loop, so breaches are counted. Run the same with the NumPy engine: it names mechanism, step and path.",
    ),
    "MT308": ("A float in exact arithmetic", "where and minimum let a float pass unseen. Constants must be parameters or xp.num('0.5')."),
    "MT309": (
        "No whole amount of base units",
        "Amounts are from 0 to 2^256 - 1 base units, the largest an EVM token can hold. Check the decimals of the asset.",
    ),
    "MT310": (
        "A worker process ended early",
        "Workers are started afresh and import the calling script, so a script must guard its calls with if __name__ == '__main__':. Otherwise look "
        "for memory: fewer workers or smaller chunks.",
    ),
    "MT311": (
        "A negative event argument",
        "What a user causes is an amount of something: work, tokens, nodes. To take back what an earlier event did, use the event that undoes it.",
    ),
    "MT312": (
        "An event its rule does not allow",
        "The event came too early, too late, twice, or with too little, such as a second vote on one proposal. The message names the rule; nothing moved.",
    ),
    "MT410": (
        "No such table",
        "Only the tables of mintage/data ship with the package; the message names the nearest one. For data of your own, give the path of a CSV "
        "file to the command that reads it.",
    ),
    "MT412": (
        "Volatilities over different windows",
        "15 % over six months and 85 % over 30 days say nothing about each other, and a volatility without a window says nothing at all. Compare those of "
        "one window, or convert with `annualised` where returns are independent.",
    ),
    "MT420": ("No data", "A statistic was asked of no numbers at all. Give it at least one; a missing series is reported as not shown, never as zero."),
    "MT421": (
        "Not a number",
        "A value is NaN, or infinite where the formula has no meaning for it. Drop the period or mend the source: a silent NaN would poison every "
        "result behind it.",
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
        "The statistic needs more points than there are: any number given would pretend to a knowledge that the data do not hold. Lengthen the run "
        "or add paths.",
    ),
    "MT430": (
        "No such column",
        "The record to calibrate on lacks a column. Name the columns for fiat burned and price, or use the names burned_usd and implied_price_usd.",
    ),
    "MT431": (
        "Too few rows to calibrate",
        "A walk and a noise cannot be told apart on a short record, and a forecast must be tried inside it. Forty periods are the least; a year of "
        "weeks is better.",
    ),
    "MT432": (
        "A value that cannot be fitted",
        "Logarithms are fitted, so values must be positive numbers. The odd one that is not is passed over and listed; more than one in ten is a record that "
        "was misread: look at the column and the decimal sign. Missing data is not zero: leave the cell empty.",
    ),
    "MT433": ("Impossible length of a forecast", "A forecast is for 1 to 520 periods; beyond the length of the record its intervals say little."),
    "MT434": (
        "The record cannot be read",
        "A record to calibrate on is a CSV file in UTF-8 with a header and a row a period, at most 16 MiB. Only Render's ships with Mintage.",
    ),
    "MT501": ("Impossible choice of what to keep", "Save takes a whole number of steps, a tuple of names and quantiles from 0 to 1."),
    "MT502": ("No such variable", "The name is no signal, account, supply or flow of this economy, or it was not kept by Save."),
    "MT503": ("Impossible size", "Paths, steps, seed, workers and chunk are whole numbers in the stated range."),
    "MT504": ("Unknown engine", "There are two engines: numpy, the default, and jax, an extra."),
    "MT505": (
        "Interrupted too early",
        "Nothing was finished when the run was interrupted. A run folder (`simulate --out`) stores smaller chunks, and lets "
        "you resume; in Python, `chunk=` sets their paths.",
    ),
    "MT506": ("No such metric", "Metrics are listed by `mintage explain metrics`."),
    "MT507": (
        "Nothing to compare with",
        "A comparison takes two designs or more: specs, presets, files, or a scenario such as render:bear. The first is the reference.",
    ),
    "MT508": ("JAX is not installed", "The second engine is an extra: pip install 'mintage[jax]'. The NumPy engine needs nothing."),
    "MT510": (
        "No such parameter",
        "A parameter path is a name and a parameter of it: jobs.burn_share, fleet.tiers.0.cost, price.start, accounts.market.opening.USD, assets.TOK.cap.",
    ),
    "MT511": (
        "Inside something that is not written out",
        "The path leads into a list or table that the file leaves at its default or writes as one value. Set the whole list or value instead.",
    ),
    "MT512": ("No such scenario", "Scenarios are the tables [scenario.NAME] of the spec; `base` is the spec itself."),
    "MT513": ("Designs of different time", "Paired futures need the same length of a step in all designs."),
    "MT514": ("Nothing, or too much, to sweep", "Give at least one path with values; a sweep has at most 100,000 variants."),
    "MT515": ("Lists of different lengths", "Sample 'list' goes through the lists row by row, so they need one length. Sample 'grid' runs every combination."),
    "MT516": (
        "Values that cannot be swept",
        "Write PATH=1,2,3 for values, PATH=low..high/5 for five values of a range, and PATH=low..high with a Sobol sample. Each value is named once.",
    ),
    "MT517": ("No such command", "mintage --help lists the commands; the message names the nearest."),
    "MT518": ("No name for a network", "A name has a letter first, then letters, digits, _ and -; it becomes a file in this folder."),
    "MT519": ("The file cannot be written", "It is there already, the folder does not let you write, or there is no room left. Nothing was changed."),
    "MT520": (
        "A picture needs a file",
        "PNG is binary, so it is written to the file that --out names. The file's ending, .svg, .png or .json, says what is written unless --format does.",
    ),
    "MT521": ("Nothing to explain", "The word is no error code, test, flag or metric. `mintage explain errors` (tests, flags, metrics) lists them."),
    "MT522": ("No such mechanism", "`mintage mechanisms` lists every name a spec may use, those of installed packages too."),
    "MT523": (
        "No anchors of this name",
        "Published numbers are known for the networks that `mintage validate` lists, and for `theory`: formulas with a closed form.",
    ),
    "MT530": (
        "The run folder does not fit",
        "A run folder belongs to one run: one spec, one seed, the same sizes, engine and version. Use a new folder, or --resume for the same run.",
    ),
    "MT531": ("Unknown kind of file", "The ending says what is written: .npz, .csv, .zarr or .parquet; of a ledger .csv, .parquet or .beancount."),
    "MT532": ("An extra is missing", "zarr and parquet come with the extra [data], a live network with [live]: pip install 'mintage[data,live]'."),
    "MT533": (
        "The address cannot be listened on",
        "Another program uses the port, perhaps a network that runs already, or the address is not this machine's. Name another with --port or --host.",
    ),
    "MT534": (
        "The secret of this network is missing",
        "The noise of a network follows from a secret that was promised before. NAME.secret lies beside the ledger and belongs to it: keep and move both.",
    ),
    "MT599": ("An error nobody foresaw", "This is a mistake of ours. `mintage --debug` and the same command shows where; please report it with the spec."),
    "MT601": (
        "vl-convert is not installed",
        "Charts become SVG or PNG pictures through vl-convert-python, which the base install leaves out. Install the extra: pip install "
        "'mintage[report]'. The HTML report needs no extra: it carries its own scripts.",
    ),
    "MT602": (
        "No such chart",
        "The name is neither a chart nor a fan of one of this document's series (fan:NAME, such as fan:price). The message names the nearest valid one.",
    ),
} | LIVE
