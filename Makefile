# make app   sets up everything and starts the app on this computer
# make test  sets up everything and runs all tests, those in a real browser included
# HOST=0.0.0.0 PORT=8501 make app  lets other computers in

PYTHON ?= python3
HOST ?= localhost
VENV := .venv
BIN := $(VENV)/bin

# Sleeping instead of spinning OpenMP threads: several of torch's thread pools share few cores here.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: app test lint clean

app: $(VENV)/app.stamp
	$(BIN)/streamlit run app.py --server.address $(HOST) $(if $(PORT),--server.port $(PORT))

test: $(VENV)/dev.stamp $(VENV)/browser.stamp lint
	$(BIN)/python -m pytest

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "MALT Lab needs Python 3.11 or newer; try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/app.stamp: requirements.txt $(VENV)/python.stamp
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements-ray.txt $(VENV)/app.stamp
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@

# Without any browser the browser tests skip and say so.
$(VENV)/browser.stamp: $(VENV)/dev.stamp
	$(BIN)/python -m tests.browser.find || $(BIN)/python -m playwright install chromium || \
		echo "No browser to be had: the browser tests will be skipped."
	touch $@

clean:
	rm -rf $(VENV)
