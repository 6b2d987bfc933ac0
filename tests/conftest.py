import os

from hypothesis import settings

from tests.ray_here import cluster  # noqa: F401  # a fixture: one for all tests of a session

# Set before torch is imported, and inherited by the servers that tests start: on a busy machine
# two threads take many times as long as one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No test measures time: on a busy machine an example can take longer than the 200 ms it is given.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
