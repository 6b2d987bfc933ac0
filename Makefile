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

BIN := $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS)

.PHONY: run test slow bench lint format

run: $(VENV)/.installed
	$(BIN)/streamlit run app.py $(STREAMLIT_FLAGS)

test: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_FLAGS)

slow: $(VENV)/.installed-tests
	$(BIN)/python -m pytest -m slow $(PYTEST_FLAGS)

bench: $(VENV)/.installed-tests
	$(BIN)/python -m pytest benchmarks -o timeout=1800 $(PYTEST_FLAGS)

lint: $(VENV)/.installed-tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.installed-tests
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

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
