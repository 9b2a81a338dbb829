# What a person does here. GNU make 3.81 suffices; each target sets up what it lacks.
PYTHON ?= python3
STAGE ?= dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUNS := $(VENV)/.ready-to-run
BUILDS := $(VENV)/.ready-to-build
BENCHMARKS := bench bench-contract bench-engine bench-growth bench-items bench-node bench-formats bench-tails bench-template

.DEFAULT_GOAL := help
.PHONY: help reference setup docs docs-serve screenshots dev test test-fast test-changed test-stack test-slow test-aws-clients test-localstack test-pythons check format contract-test dynamodb-differential dynamodb-model mutants $(BENCHMARKS) deploy rollback destroy status logs rehearse wheel up fuzz-wire fuzz-vtl chaos real-projects recorded-cases audit sbom test-compose clean-data clean lock

help: ## list these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /	/' | sort

setup: $(READY) ## make .venv from requirements.lock

# What works on the code: tests, types, builds.
$(READY): requirements.lock pyproject.toml hatch_build.py
	@$(call fill,requirements.lock,with everything that works on this repository)
	@touch $(RUNS) $(BUILDS) $@

# What runs the API and deploys it, a quarter of all.
$(RUNS): requirements-run.lock pyproject.toml hatch_build.py
	@$(call fill,requirements-run.lock,with what runs the API)
	@touch $@

# What builds the wheel, a dozen packages.
$(BUILDS): requirements-build.lock pyproject.toml hatch_build.py
	@$(call fill,requirements-build.lock,with what builds the wheel)
	@touch $@

define fill
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "homeport needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 2; }; \
	echo "setting up $(VENV) $(2), once"; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || uv venv --quiet --python $(PYTHON) $(VENV) 2>/dev/null || \
		$(PYTHON) -m venv $(VENV) || exit; \
	PYTHONPATH=. $(BIN)/python -m homeport.tool_environment $(1) || exit; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . && \
	$(BIN)/python -m compileall -q -x skeleton homeport
endef

dev: $(RUNS) ## run the API, its functions and DynamoDB (PORT=8080 DYNAMODB_PORT=8000 INSPECTOR_PORT=8081)
	@exec $(BIN)/homeport dev $(if $(PORT),--port $(PORT)) $(if $(DYNAMODB_PORT),--dynamodb-port $(DYNAMODB_PORT)) \
		$(if $(INSPECTOR_PORT),--inspector-port $(INSPECTOR_PORT))

# Without compiled modules each process that a test or a benchmark starts would compile the kit again.
test test-fast test-stack test-slow $(BENCHMARKS): export PYTHONDONTWRITEBYTECODE :=
# Stacks wait for each other's processes about half of the time: more workers than cores have two cores busy meanwhile.
WORKERS = -n $(1) --dist loadfile --no-loadscope-reorder
# AGAIN=1, as in CI, runs a few tests that failed once more, alone.
PYTEST := $(BIN)/python -m $(if $(AGAIN),tests.again --cpu-report 25,pytest)

test-fast: $(READY) ## the unit tests: seconds, no process is started
	@$(BIN)/python -m tests.fast --quiet

test-changed: $(READY) ## the unit tests of what changed since origin/main
	@$(BIN)/python -m tests.changed --quiet

test-stack: $(READY) ## the tests that start stacks: minutes
	@echo "tests that start stacks, in four processes, each of which reads all tests first"
	@$(PYTEST) -m stack $(call WORKERS,4)

test: test-fast test-stack ## unit tests, and those that start stacks: minutes

# SHORT=1, as in CI, leaves out the campaigns and the properties with many cases.
test-slow: $(READY) ## campaigns: faults, mutants, rehearsal, wheels, examples, and properties with many cases
	@$(PYTEST) -m "$(if $(SHORT),slow and not campaign,slow or hypothesis)" --hypothesis-profile many $(call WORKERS,3)

test-aws-clients: $(READY) ## AWS's own runtime clients against our Runtime API: compiles the one for Node.js
	@AWS_CLIENTS=1 $(BIN)/python -m pytest tests/runtime/test_aws_clients.py -q

test-localstack: $(READY) ## examples/orders with every service at a LocalStack that runs (URL=http://127.0.0.1:4566)
	@LOCALSTACK_URL=$(or $(URL),http://127.0.0.1:4566) $(BIN)/python -m pytest tests/examples/test_at_localstack.py -q -rs

test-pythons: $(READY) ## the wheel on each Python 3.11 to 3.14 that is installed here
	@$(BIN)/python -m tests.packaging.pythons

check: $(READY) ## lint, types, import rules, words, and faults that AWS would reject
	@$(BIN)/homeport generate
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.lint
	@$(BIN)/homeport check
	@for name in crud hello hits orders shop; do \
		$(BIN)/homeport generate --project examples/$$name && \
		(cd examples/$$name && ../../$(BIN)/mypy --strict --python-version 3.11 service tests) || exit; done

reference: $(READY) ## write docs/reference and homeport/schemas from the tables of the code
	@$(BIN)/python -m tests.docs.reference

format: $(READY) ## let ruff put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

contract-test: $(READY) ## test the contract: of a stack started here, or of URL=https://…
	@$(BIN)/homeport test $(if $(URL),--url $(URL))

dynamodb-differential: $(READY) ## the embedded DynamoDB beside another one, by seeded requests: URL=http://… (CASES=600 SEED=1)
	@$(BIN)/python -m tests.dynamodb.differential --url $(URL) --cases $(or $(CASES),600) --seed $(or $(SEED),1)

dynamodb-model: $(READY) ## the embedded DynamoDB beside a simple model: STEPS=100000 random steps, SEED=1
	@$(BIN)/python -m tests.dynamodb.model --steps $(or $(STEPS),100000) --seed $(or $(SEED),1)

mutants: $(READY) ## prove that the contract tests find planted faults: hours (SHORT=1: four of them; JOBS=2 side by side)
	@$(BIN)/python -m tests.contract_kit.mutants --jobs $(or $(JOBS),2) $(if $(SHORT),--short --seeds 1,--out reports/mutants.jsonl)

bench: $(READY) ## measure beside bare boto3 and a bare Flask app: latency, load, memory, cold starts, contract
	@$(BIN)/python -m bench $(if $(DYNAMODB),--dynamodb $(DYNAMODB))

bench-contract: $(READY) ## who finds what: homeport test beside plain schemathesis, on planted faults
	@$(BIN)/python -m bench.contract_rivals

bench-engine: $(READY) ## the embedded DynamoDB by itself: ITEMS=20000, BESIDE=another checkout, in turns
	@$(BIN)/python -m bench.engine --items $(or $(ITEMS),20000) $(if $(BESIDE),--beside $(BESIDE))

bench-growth: $(READY) ## what grows with operations, bodies and concurrency
	@$(BIN)/python -m bench.growth

bench-formats: $(READY) ## how soon the same API is ready in each format of projects
	@$(BIN)/python -m bench.formats

bench-node: $(READY) ## functions in Node.js beside Python's and beside Node itself: calls, edits, cold starts, memory
	@$(BIN)/python -m bench.node

bench-tails: $(READY) ## what the slowest requests wait for: the first second, new functions, saved handlers, busy cores
	@$(BIN)/python -m bench.tails

bench-template: $(READY) ## a SAM template of 60 functions beside the items API: start, and edit to live
	@$(BIN)/python -m bench.template

bench-items: $(READY) ## the items API: races of writers and retries, pages of large tables, cost of each operation
	@$(BIN)/python -m bench.races
	@$(BIN)/python -m bench.pages
	@$(BIN)/python -m bench.cost
	@$(BIN)/python -m bench.scale

deploy: $(RUNS) ## put STAGE=dev on AWS (PLAN=1: only say what it would make, YES=1: do not ask)
	@$(BIN)/homeport deploy --stage $(STAGE) $(if $(PLAN),--plan) $(if $(YES),--yes)

rollback: $(RUNS) ## go back to the deploy of STAGE=dev before this one; data stays
	@$(BIN)/homeport rollback --stage $(STAGE) $(if $(YES),--yes)

destroy: $(RUNS) ## take STAGE=dev off AWS
	@$(BIN)/homeport destroy --stage $(STAGE) $(if $(YES),--yes)

status: $(RUNS) ## say what runs of STAGE=dev on AWS
	@$(BIN)/homeport status --stage $(STAGE)

logs: $(RUNS) ## what the functions of STAGE=dev log on AWS, as it comes
	@$(BIN)/homeport logs --stage $(STAGE) --follow

rehearse: $(READY) ## deploy, update, break, roll back and destroy at an emulator of AWS (SHORT=1: the HTTP API only)
	@$(BIN)/python -m tests.cloud.rehearsal $(if $(SHORT),--short)

wheel: $(BUILDS) ## build the wheel in dist/, to install homeport anywhere
	@rm -rf dist
	@HATCH_QUIET=1 $(BIN)/python -m hatchling build --target wheel --target sdist --directory dist
	@echo "made $$(ls dist/*.whl)"
	@echo "install it: pipx install '$(CURDIR)/$$(ls dist/*.whl)[local,test,deploy]'"
	@echo "without pipx: pip install in a virtual environment takes the same words"

docs: $(READY) ## build the documentation's site in build/site; a dead link is an error
	@$(BIN)/python -m tests.docs.site build

screenshots: $(READY) ## renew the pictures of the inspector in docs/, with headless Chromium
	@$(BIN)/python -m tests.inspector.pictures

docs-serve: $(READY) ## show the documentation's site at http://127.0.0.1:8100
	@$(BIN)/python -m tests.docs.site serve

up: ## the same stack in containers, with LocalStack's DynamoDB
	docker compose up --build

recorded-cases: $(READY) ## each recorded case of an integration as a project of its own, served by homeport dev
	@EVERY_CASE=1 $(BIN)/python -m pytest tests/wire/test_integration_cases.py -m slow -q $(call WORKERS,3)

fuzz-wire: $(READY) ## 100,000 fuzzed requests against the gateway (REQUESTS=2000: fewer)
	@$(BIN)/python -m tests.wire.fuzz --requests $(or $(REQUESTS),100000)

fuzz-vtl: $(READY) ## render 50,000 generated templates and bodies (TEMPLATES=2000: fewer)
	@$(BIN)/python -m tests.vtl.fuzz --templates $(or $(TEMPLATES),50000)

chaos: $(READY) ## kill, starve and flood a stack under load; no acknowledged write may be lost (SHORT=1: each case once)
	@$(BIN)/python -m tests.chaos $(if $(SHORT),--short) $(if $(SEED),--seed $(SEED))

real-projects: $(READY) ## run projects by others; DIR=folder of their repositories, cloned if missing
	@$(BIN)/python -m tests.real_projects $(or $(DIR),build/real-projects)

audit: $(READY) ## look for known vulnerabilities in everything that is locked (needs the package index)
	@$(BIN)/python -m tests.audit audit

sbom: $(READY) ## the bill of materials of everything that is locked, as CycloneDX in reports/sbom
	@$(BIN)/python -m tests.audit sbom

test-compose: $(READY) ## the tests of docker-compose.yml, on the Docker engine at hand
	@HOMEPORT_TEST_COMPOSE=1 $(BIN)/python -m pytest tests/compose

clean-data: ## empty the local tables and the other services
	@rm -rf .homeport/data

clean: clean-data ## remove everything that was made here
	@rm -rf $(VENV) .homeport .mypy_cache .ruff_cache .pytest_cache .hypothesis reports

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header
lock: ## renew requirements.lock, its parts requirements-run.lock and -build.lock, and the docs' lock (needs uv)
	$(LOCK) --upgrade --group dev --extra test --output-file requirements.lock
	$(LOCK) --group build --extra local --extra deploy --constraint requirements.lock --output-file requirements-run.lock
	$(LOCK) --group build --constraint requirements.lock --output-file requirements-build.lock
	uv pip compile --group docs --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--output-file tests/docs/site.lock
