# All you need is Python 3.11 or newer and make: every target sets up what it needs, in .venv. `make help` lists them.

PYTHON ?= python3
HOST ?= localhost
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q
# Tests of one file share a server or a race, so they stay together.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope

# Sleeping instead of spinning OpenMP threads: several of torch's thread pools share few cores here.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: app test test-fast lint docs lock clean help

app: $(VENV)/project.stamp ## start the app on this computer (HOST=0.0.0.0 lets others in; PORT=8501)
	$(BIN)/malt app --host $(HOST) $(if $(PORT),--port $(PORT))

test: $(VENV)/project.stamp $(VENV)/dev.stamp $(VENV)/browser.stamp lint ## lint, and every test, those in a real browser included
	$(PYTEST)

test-fast: $(VENV)/project.stamp $(VENV)/dev.stamp lint ## lint, and the tests that are neither slow nor in a browser
	$(PYTEST) -m "not browser and not slow"

lint: $(VENV)/dev.stamp ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: $(VENV)/project.stamp $(VENV)/dev.stamp ## write the library's documentation (build/docs) and every command's help (docs/commands.md)
	$(BIN)/python -W ignore -m scripts.make_docs
	$(BIN)/python -m scripts.make_commands

lock: $(VENV)/uv.stamp ## write both requirements files from pyproject.toml (UPGRADE=1: with the newest versions)
	$(call compile,requirements.txt,--extra app --extra browser)
	$(call compile,requirements-dev.txt,--all-extras -c requirements.txt)

clean: ## remove everything that these targets set up
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Exact versions for every platform and every Python from 3.11 on; what is locked already stays. Left out is
# what torch brings for Nvidia GPUs: pip adds that to the torch that needs it, and the small one does without.
define compile
$(VENV)/uv/bin/uv pip compile -q --universal --python-version 3.11 --annotation-style line \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) $(2) -o $(1) pyproject.toml
grep -vE '^(nvidia-|cuda-|triton)' $(1) > $(VENV)/lock.txt
mv $(VENV)/lock.txt $(1)
endef

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "MALT Lab needs Python 3.11 or newer; try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/app.stamp: requirements.txt $(VENV)/python.stamp
	$(PIP) -r requirements.txt
	touch $@

# The project itself, as it lies here: the command `malt`, and `import malt_core` from any folder.
$(VENV)/project.stamp: pyproject.toml malt_core/__init__.py $(VENV)/app.stamp
	$(PIP) --no-deps -e .
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/app.stamp
	$(PIP) -r requirements-dev.txt
	touch $@

# Without any browser the browser tests skip and say so.
$(VENV)/browser.stamp: $(VENV)/dev.stamp
	$(BIN)/python -m tests.browser.find || $(BIN)/python -m playwright install chromium || \
		echo "No browser to be had: the browser tests will be skipped."
	touch $@

# Of its own, so that uv's presence never decides what the project runs on.
$(VENV)/uv.stamp: $(VENV)/python.stamp
	$(PYTHON) -m venv $(VENV)/uv
	$(VENV)/uv/bin/python -m pip install --disable-pip-version-check -q uv
	touch $@
