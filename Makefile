# Every target explains itself: make help.

GO       ?= go
TOOLS    := $(CURDIR)/.tools/bin
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
TIMEOUT  ?= 30m
PACKAGES ?= ./...
SEQUENCES ?= 10000
BENCH    ?= .
ROUNDS   ?= 5

# The versions of the tools. A tool is installed anew when its version here changes.
OAPI_CODEGEN  := github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
SQLC          := github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# $(call stamp,tool@version) is the file that says that this version is there.
stamp = $(TOOLS)/.$(notdir $(1))

.DEFAULT_GOAL := help
.PHONY: help setup build demo dev compose test test/race test/nopolicy matrix sequences hammer chaos generate verify lint fmt bench bench/table bench/reads clean clean/all

help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z\/]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install PostgreSQL and Redis where this machine lacks them
	@set -eu; missing=; \
	if [ -z "$${DATABASE_URL:-}" ] && ! command -v postgres >/dev/null && \
		! ls -d /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres /opt/homebrew/opt/postgresql*/bin/postgres \
			/usr/local/opt/postgresql*/bin/postgres >/dev/null 2>&1; then missing="$$missing postgresql"; fi; \
	if [ -z "$${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then \
		missing="$$missing redis-server"; fi; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing:$$missing"; log=$$(mktemp); \
		if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } \
			</dev/null >"$$log" 2>&1; then rm -f "$$log"; exit 0; fi; \
		tail -n 5 "$$log" >&2; rm -f "$$log"; \
	fi; \
	echo "Please install$$missing from your system's packages (PostgreSQL 15 or newer; redis-server or valkey-server)." >&2

build: ## Build bin/budstikke
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/budstikke ./cmd/budstikke

demo: setup build ## Run the main job on a fresh private instance and tell it as a story
	bin/budstikke demo

dev: setup build ## Run the whole system on this machine, with the demo municipality, until Ctrl-C
	bin/budstikke dev

compose: ## Run the system in containers, with secrets made at the first time (needs docker)
	@umask 077; mkdir -p .data/compose; cd .data/compose; \
	fresh() { [ -s "$$1" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$$1"; }; \
	key() { [ -s "$$1" ] || printf '1:%s' "$$(head -c 32 /dev/urandom | base64)" >"$$1"; }; \
	url() { [ -s "$$1" ] || printf '%s' "$$2" >"$$1"; }; \
	for name in owner_password api_password worker_password redis_password; do fresh $$name; done; \
	key national_id_keys; key blind_index_keys; [ -s signing_key ] || head -c 32 /dev/urandom | base64 >signing_key; \
	url migrate_url "postgres://budstikke:$$(cat owner_password)@postgres:5432/budstikke"; \
	url api_url "postgres://api:$$(cat api_password)@postgres:5432/budstikke"; \
	url worker_url "postgres://worker:$$(cat worker_password)@postgres:5432/budstikke"; \
	url redis_url "redis://default:$$(cat redis_password)@redis:6379/0"; \
	chmod 644 * # the folder is closed; the containers' users read the files themselves
	VERSION=$(VERSION) docker compose up --build

test: setup build ## Run all tests on a private PostgreSQL and Redis
	bin/budstikke services -- $(GO) test -count=1 -timeout $(TIMEOUT) $(PACKAGES)
	@if [ "$(PACKAGES)" = ./... ]; then $(MAKE) --no-print-directory test/nopolicy; fi

test/nopolicy: setup build ## Walk without the policy: row-level security alone must refuse
	bin/budstikke services -- $(GO) test -count=1 -timeout $(TIMEOUT) -tags nopolicy -run 'TestWalk$$|TestMatrix$$|TestDecideIsOn' ./auth/access ./cmd/budstikke/internal/walk

sequences: setup build ## Hold 10,000 random sequences of imports and decisions against a model (SEQUENCES=n for fewer)
	bin/budstikke services -- $(GO) test -count=1 -timeout 90m -parallel 4 ./app/postgres -run TestImportsFollowTheModel -v \
		-rapid.checks=250 -sequence-rounds=$$((($(SEQUENCES) + 249) / 250))

matrix: setup build ## Hold every cell of who may do what against its declaration, also without policy and without row-level security
	MATRIX=full bin/budstikke services -- $(GO) test -count=1 -timeout $(TIMEOUT) -v -run 'TestMatrix$$' ./cmd/budstikke/internal/walk
	MATRIX=full bin/budstikke services -- $(GO) test -count=1 -timeout $(TIMEOUT) -v -tags nopolicy -run 'TestMatrix$$' ./cmd/budstikke/internal/walk

test/race: setup build ## The same with the race detector
	bin/budstikke services -- $(GO) test -race -count=1 -timeout $(TIMEOUT) $(PACKAGES)

hammer: setup build ## Put a thousand people out under sixteen clients, and see that nothing gets through (V15)
	HAMMER=1000 bin/budstikke services -- $(GO) test -count=1 -timeout $(TIMEOUT) -v -run TestNothingGetsThroughAfterDeactivation ./cmd/budstikke/internal/walk

chaos: setup ## Break everything under load, a hundred kills among it, and count what arrived; the last line is JSON (CHAOS_SEED=n repeats a run)
	@report=$$(mktemp); code=0; CHAOS=full CHAOS_REPORT=$$report $(GO) test -count=1 -timeout 20m -v -run 'TestChaos$$' ./cmd/budstikke/internal/chaos || code=$$?; \
	cat $$report; rm -f $$report; exit $$code

generate: $(call stamp,$(OAPI_CODEGEN)) $(call stamp,$(SQLC)) ## Make the generated code from openapi.yaml and the queries
	PATH="$(TOOLS):$$PATH" $(GO) generate ./...

verify: ## Check that generated code, modules and format are as they should be
	@set -eu; before=$$({ git diff; git status --porcelain; } | git hash-object --stdin); \
	$(MAKE) --no-print-directory generate; \
	after=$$({ git diff; git status --porcelain; } | git hash-object --stdin); \
	if [ "$$before" != "$$after" ]; then \
		git --no-pager diff --stat; git status --short; \
		echo "The generated code was stale: run make generate and commit what it makes." >&2; exit 1; fi
	$(GO) mod verify
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) vet -tags bench ./bench
	cd bench/gateway && $(GO) vet ./...
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "Not formatted (run make fmt):"; echo "$$unformatted"; exit 1; fi

lint: $(call stamp,$(GOLANGCI_LINT)) ## Run golangci-lint
	$(TOOLS)/golangci-lint run --allow-parallel-runners $(PACKAGES)

fmt: $(call stamp,$(GOLANGCI_LINT)) ## Format the code
	$(TOOLS)/golangci-lint fmt

bench: setup build ## Measure gateway and API against floors and peers into bench/results/latest.json (BENCH='FanOut|Lanes' ROUNDS=3 for less)
	bin/budstikke services --durable -- $(GO) -C bench/gateway test -count=1 -run '^$$' -bench '$(BENCH)' -benchtime 1x -timeout 120m . \
		-rounds $(ROUNDS) -out ../results/latest.json $(FLAGS)
	@$(MAKE) --no-print-directory bench/table

bench/table: ## Write the tables of docs/performance.md anew from bench/results/latest.json
	$(GO) -C bench/gateway run ./performance

bench/reads: setup build ## Measure what the rules cost a read, and the other benchmarks of bench/README.md (BENCH=ReadCost for one)
	bin/budstikke services -- $(GO) test -tags bench -run '^$$' -bench '$(BENCH)' -benchtime 1x -timeout $(TIMEOUT) ./bench

clean: ## Remove what was built
	rm -rf bin coverage.txt

clean/all: ## Remove also the development database, wherever it is kept, and the tools
	@if [ -x bin/budstikke ]; then bin/budstikke dev --forget; else $(GO) run ./cmd/budstikke dev --forget; fi
	rm -rf bin coverage.txt .data .tools

# A tool that is there in the right version already only gets its stamp.
define install
$(call stamp,$(1)):
	@mkdir -p $(TOOLS)
	@tool=$(TOOLS)/$(notdir $(firstword $(subst @, ,$(1)))); version=$(lastword $(subst @, ,$(1))); \
	if ! $(GO) version -m $$$$tool 2>/dev/null | awk '$$$$1 == "mod" {print $$$$3}' | grep -qx "$$$$version"; then \
		echo "installing $(notdir $(1))"; GOBIN=$(TOOLS) $(GO) install $(1); fi
	@rm -f $(TOOLS)/.$(notdir $(firstword $(subst @, ,$(1))))@*; touch $$@
endef
$(foreach tool,$(OAPI_CODEGEN) $(SQLC) $(GOLANGCI_LINT),$(eval $(call install,$(tool))))
