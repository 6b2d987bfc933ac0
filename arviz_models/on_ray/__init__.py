"""What `ARVIZ_BACKEND=ray` needs, and nothing else imports: see `arviz_models.backend`.

- `cluster`: the Ray that this process has joined or started.
- `models`: how a request names its model, and how a student's own weights travel.
- `sampling`: a `sampler.Sampling` whose samples are drawn by replicas of Ray Serve.
- `working`: workers of `jobs.Jobs` that are Ray actors.
"""
