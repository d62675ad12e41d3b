"""Does the model burn what Render burned? The 84 recorded weeks of demand and price, replayed through today's rules.

The preset has two processes `history` that read a table which ships with Mintage. Its scenario `replay` lets the rules look at them
instead of the simulated demand and price. A CSV beside a spec of your own is read the same way.
"""

import mintage as mt
from mintage import data

recorded = [float(tokens) for tokens in data.read("render_bme_weekly")["burned_render"]]

replay = mt.load("render").scenario("replay")
save = mt.Save(every=7, vars=("burn/RENDER", "mint/RENDER"), paths=True)
run = mt.simulate(replay, paths=1, steps=7 * len(recorded), seed=1, save=save)
burned = run["burn/RENDER"][1:, 0]  # row 0 is the opening, before the first week

print(f"weeks     {len(recorded)}")
print(f"burned    {burned.sum():,.1f} RENDER in the replay, {sum(recorded):,.1f} on record")
print(f"off by    {max(abs(burned / recorded - 1)):.4%} in the worst week")
print(f"minted    {run.end['mint/RENDER'][0] / burned.sum():.1f} RENDER for each one burned")
