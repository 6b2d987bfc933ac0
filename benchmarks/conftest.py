import os

# Set before torch is imported: on a busy machine two threads take many times as long as one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
