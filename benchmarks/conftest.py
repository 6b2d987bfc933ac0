import os

from tests.ray_here import cluster  # noqa: F401  # a fixture: one for all tests of a session

# Set before torch is imported: on a busy machine two threads take many times as long as one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
