# What a person types while working on image-updater. `make check` before a commit; .ci/run does it all, and more.

GO       ?= go
FUZZTIME ?= 2s
BINARY   ?= image-updater

.PHONY: all build check format vet modern test race fuzz integration bench week day crash lint demo clean

all: check build

build: ## the static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BINARY) ./cmd/image-updater

check: format vet modern race fuzz ## everything that must hold for a commit

format: ## no file may differ from gofmt's form
	@files="$$(gofmt -l .)"; test -z "$$files" || { echo "not formatted:"; echo "$$files"; exit 1; }

vet:
	$(GO) vet ./...

modern: ## no file may spell what the language now has a word for
	$(GO) fix -diff ./...

test:
	$(GO) test ./...

race:
	$(GO) test -race -timeout 20m ./...

fuzz: ## every fuzz target for FUZZTIME each
	.ci/fuzz $(FUZZTIME)

integration: ## against real registries and Git servers; needs docker-registry, git, sshd and chromium
	cd integration && $(GO) vet ./... && $(GO) test ./...

bench: ## the figures the project promises, each beside its baseline
	$(GO) run ./internal/bench

week: ## a week of Docker Hub's limits and 10,000 repositories, in a minute
	SIMULATE=week $(GO) test -count=1 -v -run TestWeek ./internal/schedule

day: ## a day of the daemon with 2,000 policies, in some seconds
	DAY=2000 $(GO) test -count=1 -v -run TestDay ./internal/daemon

crash: ## run, set --git and the lives of pull requests killed at 200 points, and what came of it
	CRASH=200 $(GO) test -count=1 -v -timeout 30m -run TestCrash ./cmd/image-updater

lint: ## staticcheck; it is built from source first
	staticcheck="$$($(GO) -C tools tool -n staticcheck)" && $$staticcheck ./... && cd integration && $$staticcheck ./...

demo: ## the main job on servers of its own
	$(GO) run ./cmd/image-updater demo

clean:
	rm -f $(BINARY)
