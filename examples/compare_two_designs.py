"""Should Render burn 95 % of what customers pay, or 60 % as RNP-023 proposes? Both designs on the same 200 futures.

Path 17 of one design sees the dice of path 17 of the other, so what remains is the difference of the designs.
"""

import mintage as mt

render = mt.load("render")
# What is not burned goes to the payees: the two shares make a whole, or the variant is refused.
softer = render.with_values({"jobs.burn_share": "0.6", "jobs.payees": [{"to": "otoy/USD", "share": "0.4"}]})

result = mt.compare(render, softer, paths=200, seed=1, metrics=["burned", "supply_end", "revenue"])
for path, before, after in result.changed:
    print(f"{path}: {before} -> {after}")
print(f"{'median':<18}{'A':>16}{'B':>16}{'mean of B - A':>16}  95 % interval")
for row in result.rows:
    print(f"{row.metric:<18}{row.a:>16,.0f}{row.b:>16,.0f}{row.difference:>16,.0f}  {row.low:,.0f} to {row.high:,.0f} {row.unit}")
