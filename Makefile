# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Underpass: build, test, show. `make help` explains every target.

# One tree per flavour: build/release, build/san (ASan+UBSan), build/fuzz.
FLAVOUR ?= release
B       := build/$(FLAVOUR)

ifeq ($(FLAVOUR),san)
  CC     := gcc
  FLAVOUR_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
  FLAVOUR_LDFLAGS := -fsanitize=address,undefined
else ifeq ($(FLAVOUR),fuzz)
  CC     := clang
  FLAVOUR_CFLAGS  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
  FLAVOUR_LDFLAGS := -fsanitize=address,undefined,fuzzer
else ifeq ($(FLAVOUR),clang)
  CC     := clang
  # For what it says, not for what it makes.
  FLAVOUR_CFLAGS  := -O0
else
  FLAVOUR_CFLAGS  := -O2
endif

# V=1 shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

PKGS    := libevent jansson libbsd-overlay libsystemd
# Asked once, not by each compiler.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CFLAGS  += -std=gnu11 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
           -D_GNU_SOURCE -I. $(FLAVOUR_CFLAGS) $(PKG_CFLAGS)
LDFLAGS += -Wl,--as-needed $(FLAVOUR_LDFLAGS)
LDLIBS  += $(PKG_LIBS) -lm

# --- libraries: one per room -------------------------------------------------
vfu_SRC   := $(wildcard hv/vfio-user/*.c)
iommu_SRC := $(wildcard iommu/*.c)
hca_SRC   := $(wildcard host-backend/hca/*.c host-backend/selftest/*.c)
pv_SRC    := $(wildcard host-backend/pv/*.c)
d_SRC     := $(wildcard host-backend/underpassd/*.c)
ctl_SRC   := $(wildcard host-backend/underpassctl/*.c)
model_SRC := $(filter-out tests/hca-model/main.c,$(wildcard tests/hca-model/*.c tests/hca-model/*/*.c))
client_SRC := $(wildcard tests/hca-client/*.c)

obj = $(patsubst %.c,$(B)/%.o,$(1))

$(B)/libvfu.a:        $(call obj,$(vfu_SRC))
$(B)/libiommu.a:      $(call obj,$(iommu_SRC))
$(B)/libhca.a:        $(call obj,$(hca_SRC))
$(B)/libpv.a:         $(call obj,$(pv_SRC))
# All of the programs but their main(), so that tests can call it.
$(B)/libd.a:          $(call obj,$(filter-out %/main.c,$(d_SRC)))
$(B)/libctl.a:        $(call obj,$(filter-out %/main.c,$(ctl_SRC)))
$(B)/libhcamodel.a:   $(call obj,$(model_SRC))
$(B)/libhcaclient.a:  $(call obj,$(client_SRC))

$(B)/lib%.a:
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

# Users before what they use.
PRODUCT_LIBS := $(B)/libctl.a $(B)/libd.a $(B)/libpv.a $(B)/libhca.a $(B)/libiommu.a $(B)/libvfu.a
LIBS := $(B)/libhcaclient.a $(B)/libhcamodel.a $(PRODUCT_LIBS)

# --- programs ----------------------------------------------------------------
$(B)/hca-model: $(B)/tests/hca-model/main.o $(B)/libhcamodel.a $(B)/libvfu.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/underpassctl: $(B)/host-backend/underpassctl/main.o $(PRODUCT_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/underpassd: $(B)/host-backend/underpassd/main.o $(PRODUCT_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Unit and protocol tests: every tests/unit/**/test_*.c is one cmocka program.
unit_SRC   := $(wildcard tests/unit/*/test_*.c)
unit_help  := $(filter-out $(unit_SRC),$(wildcard tests/unit/*/*.c))
unit_BIN   := $(patsubst %.c,$(B)/%,$(unit_SRC))
# What tests/unit/alloc/fail_alloc.c stands before.
UNIT_WRAPS := malloc calloc realloc reallocarray aligned_alloc posix_memalign strdup asprintf mmap
$(unit_BIN): $(B)/%: $(B)/%.o $(call obj,$(unit_help)) $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(UNIT_WRAPS:%=-Wl,--wrap=%) -o $@ $^ $(LDLIBS) -lcmocka

# Fuzz targets (FLAVOUR=fuzz): every tests/fuzz/fuzz_*.c.
fuzz_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_help := $(filter-out $(fuzz_SRC),$(wildcard tests/fuzz/*.c))
fuzz_BIN  := $(patsubst %.c,$(B)/%,$(fuzz_SRC))
# tests/fuzz/pv_hca.c answers in the command queue's place.
$(B)/tests/fuzz/fuzz_pv: LDFLAGS += -Wl,--wrap=hca_cmdq_run
$(fuzz_BIN): $(B)/%: $(B)/%.o $(call obj,$(fuzz_help)) $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Benchmarks: every tests/bench/bench_*.c. They may use domains of the unit tests.
bench_SRC  := $(wildcard tests/bench/bench_*.c)
bench_help := $(filter-out $(bench_SRC),$(wildcard tests/bench/*.c)) \
              tests/unit/iommu/fake_domain.c tests/unit/iommu/vfio_group.c
bench_BIN  := $(patsubst %.c,$(B)/%,$(bench_SRC))
$(bench_BIN): $(B)/%: $(B)/%.o $(call obj,$(bench_help)) $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Programs that tests in the lab's machines run: every tests/lab/host/*.c.
labhost_SRC  := $(wildcard tests/lab/host/*.c)
labhost_help := $(wildcard tests/unit/iommu/random_*.c tests/unit/iommu/reference*.c) \
                $(addprefix tests/unit/iommu/,recorder.c fake_domain.c vfio_group.c) \
                tests/unit/alloc/fail_alloc.c
labhost_BIN  := $(patsubst %.c,$(B)/%,$(labhost_SRC))
$(labhost_BIN): $(B)/%: $(B)/%.o $(call obj,$(labhost_help)) $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(UNIT_WRAPS:%=-Wl,--wrap=%) -o $@ $^ $(LDLIBS)

# Programs on libibverbs for the lab's machines: every tests/lab/verbs/verbs_*.c. Nothing of ours is linked in.
labverbs_SRC  := $(wildcard tests/lab/verbs/verbs_*.c)
labverbs_help := $(filter-out $(labverbs_SRC),$(wildcard tests/lab/verbs/*.c))
labverbs_BIN  := $(patsubst %.c,$(B)/%,$(labverbs_SRC))
$(labverbs_BIN): $(B)/%: $(B)/%.o $(call obj,$(labverbs_help))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -libverbs

# A clear word instead of a compiler's error where the libraries are missing.
.PHONY: libraries
libraries:
	@pkg-config --exists $(PKGS) cmocka libibverbs || { echo "missing libraries; as root: tests/install-deps" >&2; exit 1; }

$(B)/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

.DEFAULT_GOAL := all
.PHONY: all programs units benches fuzzers verbs
all: programs units benches $(labhost_BIN) $(labverbs_BIN)	## Build programs, tests and benchmarks
programs: $(B)/hca-model $(B)/underpassctl $(B)/underpassd
units: $(unit_BIN)
benches: $(bench_BIN)
verbs: $(labverbs_BIN)
fuzzers: $(fuzz_BIN)

# --- what people run -----------------------------------------------------------
LAB := tests/lab/lab

.PHONY: test check unit fuzz bench demo deps clean help
deps:
	@tests/install-deps

# Programs of three flavours and the lab's images are prepared side by side, then one prove counts all tests.
test: deps					## Run every test but those of test-guests (installs what it needs)
	@echo "== building, and making the lab's images (a first run downloads packages)"
	@$(MAKE) --no-print-directory -j4 test-release test-san test-fuzz test-images
	@tests/run-all tests/checks $(san_units) tests/host tests/fuzz tests/lab/host tests/lab/stock \
		$(lab_TESTS) $(quick_TESTS)

# What `test` has of guests; of the lab's own tests the one that compiles their driver is test-guests'.
quick_TESTS := $(addprefix tests/lab/direct/,pingpong.bats bytes.t end.bats)
lab_TESTS   := $(addprefix tests/lab/tests/,exec.bats lifecycle.bats)
guest_TESTS := tests/lab/tests/modules.bats \
               $(addprefix tests/lab/direct/,pingpong.bats bytes.t perftest.t pyverbs.t many.bats end.bats \
                 bounce.bats hostile.bats life.bats) \
               $(addprefix tests/lab/nested/,pingpong.bats exits.t registered.t bytes.t perftest.t pyverbs.t end.bats)

.PHONY: test-guests
test-guests: deps				## The tests of guests, with and without a host between
	@$(MAKE) --no-print-directory -j4 test-release test-san test-images
	@tests/run-all $(guest_TESTS)

# The stock VMs once more, with the kernel of trixie-backports: outside CI, last figures in docs/hca-model.md.
.PHONY: test-backports
test-backports: deps				## The tests of stock VMs under the backports kernel (7.x)
	@$(MAKE) --no-print-directory programs
	@$(LAB) image guest-backports
	STOCK_KERNEL=backports prove --timer --ext .bats --ext .t --exec tests/run-tap tests/lab/stock

# Every reliable row of perftest on a bad fabric: outside CI.
.PHONY: test-faults
test-faults: deps				## perftest under loss, duplication and reordering
	@$(MAKE) --no-print-directory -j2 programs image-guest
	prove --timer --exec tests/run-tap tests/lab/stock/faults-long

# A hundred cycles of the self-test over kernel VFIO: outside CI, last figures in docs/host-side.md.
.PHONY: test-long
test-long: deps					## 100 cycles of selftest over kernel VFIO, as PF and as VF
	@$(MAKE) --no-print-directory -j2 all image-guest
	CYCLES=100 prove --timer --exec tests/run-tap tests/lab/host/vfio.bats tests/lab/host/vf.bats

# Every end of a guest often, a hostile guest in a host, start times: outside CI, last figures in docs/guests.md.
.PHONY: test-ends
test-ends: deps					## Ends of guests, 50 times each in direct and 5 in nested; more of guests in a host
	@$(MAKE) --no-print-directory -j2 all test-images
	CYCLES=50 ROWS= SUITE= prove --timer --exec tests/run-tap tests/lab/direct/life.bats tests/lab/direct/bounce.bats
	CYCLES=5 tests/run-all $(addprefix tests/lab/nested/,life.bats hostile.bats memory.t)

.PHONY: test-release test-san test-fuzz test-images image-guest image-others
test-release: ; @$(MAKE) --no-print-directory all
test-san:     ; @$(MAKE) --no-print-directory FLAVOUR=san programs units
test-fuzz:    ; @$(MAKE) --no-print-directory FLAVOUR=fuzz fuzzers
test-images:  image-guest image-others
image-guest:  ; @$(LAB) image guest
# The guest's takes longest: nothing beside it is to take its processor (a nice process still takes a tenth).
aside := chrt --idle 0
image-others: ; @$(aside) $(LAB) image kbuild && $(aside) tests/lab/modules --kernel stable

san_units := $(patsubst %.c,build/san/%,$(unit_SRC))

check: deps					## The quick part: checks and unit tests with sanitizers
	@$(MAKE) --no-print-directory -j2 FLAVOUR=san units
	prove --timer --jobs 2 --ext .bats --exec tests/run-tap tests/checks $(san_units)

# For both kernels that the lab's guests boot; needs the lab's image `kbuild`.
.PHONY: modules
modules: deps					## Compile underpass.ko into build/modules/
	@tests/lab/modules

.PHONY: bench-native bench-host bench-guest
bench:						## Measure speed; fails where a target is missed (about an hour)
	@$(MAKE) --no-print-directory --keep-going bench-native bench-host bench-guest

bench-native: deps				## The part of it without a VM
	@$(MAKE) --no-print-directory programs benches
	@for b in $(filter-out %/bench_registration,$(bench_BIN)) \
		"$(B)/tests/bench/bench_registration --csv docs/registration-native.csv"; do \
		echo "== $$b"; $$b || failed="$$failed $${b%% *}"; \
	done; [ -z "$$failed" ] || { echo "below what is wanted:$$failed" >&2; exit 1; }
	gnuplot -e "csv='docs/registration-native.csv'; svg='docs/registration-native.svg'" tests/bench/registration.gnuplot

# The same registrations over kernel VFIO, in a VM; table and picture go to docs/.
bench-host: deps				## The part of it over kernel VFIO, in a VM
	@$(MAKE) --no-print-directory -j2 programs benches image-guest
	tests/lab/host/bench docs/registration-vfio.csv
	gnuplot -e "csv='docs/registration-vfio.csv'; svg='docs/registration-vfio.svg'" tests/bench/registration.gnuplot

# Applications on the host itself, by plain passthrough, and in guests by each policy.
bench-guest: deps				## The part of it in guests
	@$(MAKE) --no-print-directory -j2 all test-images
	tests/lab/nested/bench docs/guests.csv
	gnuplot -e "csv='docs/guests.csv'; svg='docs/guests.svg'" tests/bench/guests.gnuplot

.PHONY: profile
profile: deps					## Where the time of a guest's registrations goes
	@$(MAKE) --no-print-directory -j2 all test-images
	tests/lab/nested/profile

FUZZ_SECONDS ?= 1800
fuzz: deps					## Fuzz each target for FUZZ_SECONDS (default 1800)
	@$(MAKE) --no-print-directory FLAVOUR=fuzz fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS)

demo: deps					## Two guests of libvirt talk RDMA past both kernels
	@$(MAKE) --no-print-directory -j4 demo-programs test-images
	@tests/lab/demo

# By a make of its own: one that also waits for images may start nothing else until the first of them is done.
.PHONY: demo-programs
demo-programs: ; @$(aside) $(MAKE) --no-print-directory programs verbs

clean:						## Remove what was built (the lab's images stay)
	rm -rf build/release build/san build/fuzz build/clang build/modules

help:						## Say what each target does
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
