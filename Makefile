# What can be done here. Everything else is in tools/, one script a job.
#
# Settings: V=1 shows the commands, FUZZTIME=30s, SOAK=30m, RACE="./rpc/... ./store",
# HOMIE_BOX_PORT=N moves the doors of `make run` to N..N+3.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 30s
SOAK ?= 30m
RACE ?= ./rpc/... ./store/... ./tsidentity/... ./gateway/... ./node/... ./webui/... ./internal/... ./cmd/...

# Parts of Tailscale that homie does not use. Two matter: peerapiserver would
# listen on a TCP port of the host, the only one there would be, and logtail
# would upload logs. `go install` sets no tags; such a build warns of the port.
# acme, serve, portmapper, tailnetlock, oauthkey and health have to stay.
OMIT := peerapiserver logtail netlog debug debugeventbus debugportmapper capture dbus networkmanager \
	resolved appconnectors drive taildrop ssh tpm kube aws bird synology systray webclient \
	relayserver clientupdate posture conn25 cloud syspolicy wakeonlan doctor linuxdnsfight \
	advertiseexitnode advertiseroutes useexitnode iptables osrouter cachenetmap routecheck \
	remoteconfig hujsonconf cliconndiag serviceclientprefs unixsocketidentity desktop_sessions \
	portlist sdnotify linkspeed tundevstats captiveportal runtimemetrics
comma := ,
space := $(subst ,, )
TAGS := $(subst $(space),$(comma),$(strip $(addprefix ts_omit_,$(OMIT))))

# The version is in LDFLAGS; asking git again fails in checkouts of another user.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

LINT := go tool -modfile=tools/go.mod golangci-lint
Q := $(if $(V),,@)
NPM := npm --prefix webui --no-update-notifier --no-audit --no-fund
MODULES := webui/node_modules/.package-lock.json
WEB := webui/dist/index.html
WEB_INPUTS := $(shell find webui \( -name node_modules -o -name dist -o -name e2e \) -prune -o \
	-type f ! -name '*.go' ! -name '*.test.ts' ! -name '*.test.tsx' ! -name '*.tsbuildinfo' ! -name '.*' -print)

.PHONY: help run build web test check race bench soak gen fuzz e2e dev fmt clean need

help: ## show this
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' Makefile
	@echo "Start with: make run"

run: build ## build everything and start a whole household on this machine
	@exec bin/homie-box

build: need web ## build the web app, bin/homie and bin/homie-box
	@echo "building bin/homie and bin/homie-box $(VERSION) (the first time takes minutes)"
	$(Q)go build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o bin/homie ./cmd/homie
	$(Q)go build -tags ts_omit_peerapiserver -ldflags '$(LDFLAGS)' -o bin/homie-box ./cmd/homie-box

web: need $(WEB)

# npm writes its own record of what it has installed, vite the page: those are
# the stamps.
$(MODULES): webui/package.json webui/package-lock.json
	@echo "installing npm packages"
	$(Q)$(NPM) ci --loglevel=error
	@touch $@

$(WEB): $(MODULES) $(WEB_INPUTS)
	@echo "building the web app"
	$(Q)HOMIE_VERSION='$(VERSION)' $(NPM) run --silent build
	@touch webui/dist/.gitkeep $@

test: build ## run all tests: Go, web, and the browser's
	$(Q)bash tools/test.sh

e2e: build ## run the browser's tests only
	$(Q)bash tools/test.sh browser

check: need $(MODULES) ## lint, vet for all systems, types, and generated files
	$(Q)LINT='$(LINT)' TAGS='$(TAGS)' bash tools/check.sh

race: need ## run the Go tests under the race detector
	$(Q)go test -race -timeout 20m $(RACE)

bench: build ## measure against the limits, writes bench/latest.json
	$(Q)go run ./bench

soak: build ## use and kill everything for SOAK=30m, and see whether it grows
	$(Q)HOMIE_FAULTS=50 go test ./gateway -count 1 -timeout 60m -run 'InTheMiddle|BadLine|StandsStill'
	$(Q)go run ./bench -soak $(SOAK) -mb 16

gen: need ## write what follows from the table of methods
	$(Q)go run ./internal/gen

fuzz: need ## run each fuzz test for FUZZTIME
	$(Q)bash tools/fuzz.sh $(FUZZTIME)

dev: build ## start a household, and the web app from source with live reload
	$(Q)bash tools/dev.sh

fmt: need ## format the Go files
	$(Q)$(LINT) fmt

clean: ## remove what was built
	$(Q)rm -rf bin webui/node_modules
	$(Q)find webui/dist -mindepth 1 ! -name .gitkeep -delete

need:
	@bash tools/need.sh
