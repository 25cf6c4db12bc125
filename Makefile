# Each command does all its own set-up. `make demo` and `make test` are the ones to start with.
.PHONY: demo test test-kubernetes check check-drawn check-lint check-rules check-types clusters clusters-down bench bench-judge bench-kubernetes screenshots locks clean

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
COVERED := $(BIN)/python -W ignore::RuntimeWarning:slipcover.importer -m slipcover --branch --source pipeline --omit 'pipeline/store/*'
export PIP_CACHE_DIR ?= $(or $(SLUICE_CACHE),$(HOME)/.cache/sluice)/pip
export UV_CACHE_DIR ?= $(or $(SLUICE_CACHE),$(HOME)/.cache/sluice)/uv
export PIP_DISABLE_PIP_VERSION_CHECK := 1

demo: $(VENV)/.runtime $(filter clusters,$(CLUSTERS:kubernetes=clusters))  ## the whole story on this machine: ARGS="--exit --report demo.json" ends by itself; CLUSTERS=kubernetes tells it on real clusters
	@$(BIN)/sluice demo $(if $(CLUSTERS),--clusters $(CLUSTERS)) $(ARGS)

test: $(VENV)/.dev $(BIN)/helm  ## every test that needs no Docker
	@tools/packages chromium git openssl postgresql prometheus
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest --ignore=tests/rules --ignore=tests/kubernetes -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-kubernetes: clusters $(BIN)/helm  ## the rest, against real Kubernetes clusters on this machine: needs root and Go
	@$(BIN)/pytest tests/kubernetes -n 4 --dist loadscope -m "not alone" $(ARGS)
	@$(BIN)/pytest tests/kubernetes -m alone  # what must have machine and gateways for itself

clusters: $(VENV)/.dev  ## three real clusters with gateways and a registry, built from source where they are not yet
	@tests/cluster/build
	@tests/cluster/up az1 1 && tests/cluster/up az2 2 && tests/cluster/up dr 3
	@tests/cluster/second dr

clusters-down:  ## end them; what was built stays in the cache
	@tests/cluster/down

check: $(VENV)/.dev  ## format, lint, types, layers, purity, the rules with every branch: two at a time
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-rules check-types check-drawn check-lint

check-lint:
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/lint-imports

check-types:
	@$(BIN)/mypy

check-rules:
	@$(COVERED) --json --out .coverage -m pytest -q -p no:cacheprovider -W ignore::pytest.PytestAssertRewriteWarning -m "not hypothesis" tests/rules
	@$(BIN)/python tools/covered .coverage

check-drawn:  # drawn by chance, so no line may depend on them for its coverage
	@$(BIN)/pytest -q -p no:cacheprovider -m hypothesis tests/rules

bench-kubernetes: clusters $(BIN)/helm  ## the figures of real clusters; RUNS=10, about an hour and a half; ONLY=good,idle takes parts
	@$(BIN)/python -m benchmarks.kubernetes --runs $(or $(RUNS),10) $(if $(ONLY),--only $(ONLY))

screenshots: $(VENV)/.dev  ## pictures of every page, of one running installation, taken anew in some five minutes
	@tools/packages chromium git
	@$(BIN)/python -m tests.e2e.pictures docs/screenshots

bench: $(VENV)/.dev  ## every published figure, one after the other
	@for each in benchmarks/*.py; do case $$each in */_*|*/judge_tick.py|*/shop_judge.py) ;; *) $(BIN)/python -m benchmarks.$$(basename $$each .py) || exit 1;; esac; done
	@$(MAKE) --no-print-directory bench-judge

bench-judge: $(VENV)/.dev  ## the judge beside Kayenta, Argo Rollouts and Flagger, and on the running shop; tables and plots of docs/judge.md
	@$(BIN)/python -m benchmarks.judge && $(BIN)/python -m benchmarks.judge.report && $(BIN)/python -m benchmarks.judge_tick && $(BIN)/python -m benchmarks.shop_judge --anew

locks:  ## resolve the lock files anew; needs uv
	@tools/locks

clean:  ## what was built here; ~/.cache/sluice may be deleted too
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

$(VENV)/.runtime: requirements/runtime.lock requirements/installer.lock tools/environment pyproject.toml
	@tools/environment $(PYTHON) $(VENV) requirements/runtime.lock && touch $@

$(VENV)/.dev: requirements/dev.lock requirements/installer.lock tools/environment pyproject.toml
	@tools/environment $(PYTHON) $(VENV) requirements/dev.lock && touch $@ $(VENV)/.runtime

$(BIN)/helm: requirements/helm.lock tools/helm $(VENV)/.dev
	@tools/helm $(BIN)/pip $@
