"""The ten lines of the README, with 200 futures, so that they take seconds."""

import mintage as mt

spec = mt.load("render")
run = mt.simulate(spec, paths=200, seed=1)
print(run.manifest.paths, "futures, price at the end on the first:", run.end["price"][0])

document = mt.evaluate(spec, paths=200, seed=1)
print(document.verdict, document.headline)
