"""For all tests."""

from hypothesis import settings

# Hypothesis gives one example 200 ms. On a machine that is busy with a cluster, that measures the
# machine.
settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")
