"""How fast must usage grow, and how cheap must the token be, before Render's revenue covers its emission?

Every variant runs on the same dice. The metric is emission over revenue in the last year: below 1, revenue pays for it.
"""

import mintage as mt

prices, drifts = ["1.25", "2.5", "5"], ["0.376", "1.002", "1.475"]
result = mt.sweep(
    "render",
    {"signals.price.start": prices, "demand_level.drift": drifts},  # paths as in the spec; every combination is run
    paths=100,
    seed=1,
    metrics=["ratio_last_year"],
)

print("USD emitted for each USD of revenue, median of 100 futures")
print(f"{'first price':>12}" + "".join(f"{'drift ' + d:>14}" for d in drifts))
for price in prices:
    middles = [row.metrics["ratio_last_year"][0] for row in result.rows if row.parameters["signals.price.start"] == price]
    print(f"{price:>12}" + "".join(f"{middle:>14.2f}" for middle in middles))
