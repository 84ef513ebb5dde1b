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
  FLAVOUR_CFLAGS  := -O2
else
  FLAVOUR_CFLAGS  := -O2
endif

# V=1 shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

PKGS    := libevent jansson libbsd-overlay
CFLAGS  += -std=gnu11 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
           -D_GNU_SOURCE -I. $(FLAVOUR_CFLAGS) \
           $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDFLAGS += $(FLAVOUR_LDFLAGS)
LDLIBS  += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

# --- libraries: one per room -------------------------------------------------
vfu_SRC   := $(wildcard hv/vfio-user/*.c)
model_SRC := $(filter-out tests/hca-model/main.c,$(wildcard tests/hca-model/*.c tests/hca-model/*/*.c))
client_SRC := $(wildcard tests/hca-client/*.c)

obj = $(patsubst %.c,$(B)/%.o,$(1))

$(B)/libvfu.a:        $(call obj,$(vfu_SRC))
$(B)/libhcamodel.a:   $(call obj,$(model_SRC))
$(B)/libhcaclient.a:  $(call obj,$(client_SRC))

$(B)/lib%.a:
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

LIBS := $(B)/libhcaclient.a $(B)/libhcamodel.a $(B)/libvfu.a

# --- programs ----------------------------------------------------------------
$(B)/hca-model: $(B)/tests/hca-model/main.o $(B)/libhcamodel.a $(B)/libvfu.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Unit and protocol tests: every tests/unit/**/test_*.c is one cmocka program.
unit_SRC   := $(wildcard tests/unit/*/test_*.c)
unit_help  := $(filter-out $(unit_SRC),$(wildcard tests/unit/*/*.c))
unit_BIN   := $(patsubst %.c,$(B)/%,$(unit_SRC))
$(unit_BIN): $(B)/%: $(B)/%.o $(call obj,$(unit_help)) $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# Fuzz targets (FLAVOUR=fuzz): every tests/fuzz/fuzz_*.c.
fuzz_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_BIN  := $(patsubst %.c,$(B)/%,$(fuzz_SRC))
$(fuzz_BIN): $(B)/%: $(B)/%.o $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Benchmarks: every tests/bench/bench_*.c.
bench_SRC := $(wildcard tests/bench/bench_*.c)
bench_BIN := $(patsubst %.c,$(B)/%,$(bench_SRC))
$(bench_BIN): $(B)/%: $(B)/%.o $(LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: all programs units benches fuzzers
.DEFAULT_GOAL := all
all: programs units benches
programs: $(B)/hca-model
units: $(unit_BIN)
benches: $(bench_BIN)
fuzzers: $(fuzz_BIN)

.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
