// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises of `underpassctl probe --json`: what a program can rely on.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ctl/ctl_bed.h"

#define BDF	"0000:3b:00.0"

static json_t *probe(struct ctl_bed *bed, const char *words, int status)
{
	json_error_t error;
	json_t *root;

	assert_int_equal(ctl_bed_run(bed, words), status);
	root = json_loads(bed->out, 0, &error);
	if (!root)
		fail_msg("%s in:\n%s", error.text, bed->out);
	return root;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("no text at \"%s\"", key);
	return text;
}

static long long number_at(const json_t *object, const char *key)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	return json_integer_value(json_object_get(object, key));
}

static void assert_null_at(const json_t *object, const char *key)
{
	assert_true(json_is_null(json_object_get(object, key)));
}

static void an_assignable_hca_has_all_facts(void **state)
{
	static const struct iova_range ranges[] = {
		{ 0x1000, 0xfedfffff }, { 0xfef00000, 0xffffffffffffffff },
	};
	struct ctl_bed *bed = *state;
	json_t *root, *hca, *domain, *list;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_pci(bed, "0000:3a:00.0", 0x80862030, "pcieport", 12);
	bed->domain = (struct fake_domain_config){
		.ranges = ranges, .n_ranges = 2, .max_maps = 65535, .page_sizes = 0x40201000 };
	bed->world.memlock = 128 << 20;
	root = probe(bed, "probe --json", CTL_OK);
	assert_int_equal(number_at(root, "code"), 0);
	assert_string_equal(text_at(root, "kind"), "ok");
	assert_int_equal(number_at(root, "memlock_bytes"), 128 << 20);
	assert_int_equal(number_at(root, "guest_memory_bytes"), 64 << 20);
	assert_null_at(root, "error");
	assert_int_equal(json_array_size(json_object_get(root, "hcas")), 1);
	hca = json_array_get(json_object_get(root, "hcas"), 0);
	assert_string_equal(text_at(hca, "device"), BDF);
	assert_string_equal(text_at(hca, "name"), "ConnectX-4");
	assert_string_equal(text_at(hca, "vendor_id"), "15b3");
	assert_string_equal(text_at(hca, "device_id"), "1013");
	assert_true(json_is_false(json_object_get(hca, "virtual_function")));
	assert_null_at(hca, "physical_function");
	assert_string_equal(text_at(hca, "driver"), "vfio-pci");
	assert_null_at(hca, "rdma_device");
	assert_null_at(hca, "numa_node");
	assert_string_equal(text_at(hca, "firmware"), "12.28.2006");
	assert_true(json_is_true(json_object_get(hca, "firmware_ready")));
	assert_int_equal(json_array_size(json_object_get(hca, "ports")), 0);
	assert_int_equal(number_at(json_object_get(hca, "iommu"), "group"), 12);
	list = json_object_get(json_object_get(hca, "iommu"), "others");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text_at(json_array_get(list, 0), "device"), "0000:3a:00.0");
	assert_string_equal(text_at(json_array_get(list, 0), "driver"), "pcieport");
	assert_true(json_is_false(json_object_get(json_array_get(list, 0), "in_the_way")));
	domain = json_object_get(hca, "domain");
	assert_true(json_is_true(json_object_get(domain, "coherent")));
	assert_string_equal(text_at(domain, "page_sizes"), "0x40201000");
	list = json_object_get(domain, "bus_addresses");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(text_at(json_array_get(list, 0), "first"), "0x1000");
	assert_string_equal(text_at(json_array_get(list, 1), "last"), "0xffffffffffffffff");
	assert_int_equal(number_at(hca, "max_mappings"), 65535);
	assert_true(json_is_true(json_object_get(hca, "assignable")));
	assert_int_equal(number_at(hca, "code"), 0);
	assert_int_equal(json_array_size(json_object_get(hca, "problems")), 0);
	json_decref(root);
}

static void problems_have_code_kind_text_and_remedy(void **state)
{
	struct ctl_bed *bed = *state;
	json_t *root, *hca, *problems, *port;

	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	ctl_bed_pci(bed, "0000:3c:00.0", 0x144da808, "nvme", 12);
	root = probe(bed, "probe --json --device " BDF, CTL_GROUP_SHARED);
	assert_string_equal(text_at(root, "kind"), "group-shared");
	hca = json_array_get(json_object_get(root, "hcas"), 0);
	assert_true(json_is_false(json_object_get(hca, "assignable")));
	assert_int_equal(number_at(hca, "code"), CTL_GROUP_SHARED);
	assert_null_at(hca, "domain");
	assert_null_at(hca, "max_mappings");
	assert_string_equal(text_at(hca, "rdma_device"), "mlx5_0");
	port = json_array_get(json_object_get(hca, "ports"), 0);
	assert_int_equal(number_at(port, "port"), 1);
	assert_string_equal(text_at(port, "state"), "ACTIVE");
	assert_string_equal(text_at(port, "physical_state"), "LinkUp");
	assert_string_equal(text_at(port, "link_layer"), "InfiniBand");
	assert_string_equal(text_at(port, "rate"), "100 Gb/sec (4X EDR)");
	problems = json_object_get(hca, "problems");
	assert_int_equal(json_array_size(problems), 2);
	assert_int_equal(number_at(json_array_get(problems, 0), "code"), CTL_GROUP_SHARED);
	assert_string_equal(text_at(json_array_get(problems, 1), "kind"), "not-bound");
	assert_string_equal(text_at(json_array_get(problems, 1), "text"),
			    "bound to the kernel's driver mlx5_core");
	assert_string_equal(text_at(json_array_get(problems, 1), "remedy"),
			    "underpassctl bind " BDF);
	json_decref(root);
}

static void no_hca_is_an_empty_list_and_an_error(void **state)
{
	struct ctl_bed *bed = *state;
	json_t *root = probe(bed, "probe --json", CTL_NO_HCA);

	assert_int_equal(json_array_size(json_object_get(root, "hcas")), 0);
	assert_string_equal(text_at(root, "kind"), "no-hca");
	assert_int_equal(number_at(root, "code"), CTL_NO_HCA);
	ctl_bed_assert_in(text_at(root, "error"), "no HCA found");
	assert_null_at(root, "memlock_bytes");
	assert_null_at(root, "guest_memory_bytes");
	json_decref(root);
}

static void a_served_hca_has_no_iommu_and_a_domain(void **state)
{
	struct ctl_bed *bed = *state;
	json_t *root = probe(bed, "probe --json --device vfio-user:/run/hca.sock", CTL_OK);
	json_t *hca = json_array_get(json_object_get(root, "hcas"), 0);

	assert_string_equal(text_at(hca, "device"), "vfio-user:/run/hca.sock");
	assert_null_at(hca, "iommu");
	assert_null_at(hca, "driver");
	assert_true(json_is_object(json_object_get(hca, "domain")));
	json_decref(root);
}

static void names_that_are_no_utf8_do_not_spoil_it(void **state)
{
	struct ctl_bed *bed = *state;
	json_t *root, *hca;

	ctl_bed_hca(bed, BDF, "vfio-pci", 12);
	ctl_bed_process(bed, 9, "qemu\xff\xc3", "vfio/12");
	root = probe(bed, "probe --json", CTL_IN_USE);
	hca = json_array_get(json_object_get(root, "hcas"), 0);
	assert_string_equal(text_at(json_array_get(json_object_get(hca, "problems"), 0), "text"),
			    "its IOMMU group 12 is held by qemu?? (pid 9)");
	json_decref(root);
}

/* Memory of jansson's, which leaks what it packs when memory runs out: all is freed after each run. */
struct piece {
	struct piece *next;
	long long data[];
};

static struct piece *pieces;
static unsigned long allocations, fail_at;

static void *failing_malloc(size_t size)
{
	struct piece *piece;

	if (++allocations == fail_at)
		return NULL;
	piece = malloc(sizeof(*piece) + size);
	assert_non_null(piece);
	piece->next = pieces;
	pieces = piece;
	return piece->data;
}

static void keep(void *data)
{
	(void)data;
}

static int run_with_failure(struct ctl_bed *bed, unsigned long at)
{
	struct piece *piece;
	int status;

	allocations = 0;
	fail_at = at;
	status = ctl_bed_run(bed, "probe --json");
	while ((piece = pieces)) {
		pieces = piece->next;
		free(piece);
	}
	return status;
}

static void memory_that_runs_out_is_an_error_and_no_half_document(void **state)
{
	struct ctl_bed *bed = *state;
	unsigned long n, all, failed = 0;
	char *whole;

	ctl_bed_hca(bed, BDF, "mlx5_core", 12);
	ctl_bed_pci(bed, "0000:3c:00.0", 0x144da808, "nvme", 12);
	ctl_bed_hca(bed, "0000:af:00.0", "vfio-pci", 13);
	json_set_alloc_funcs(failing_malloc, keep);
	assert_int_equal(run_with_failure(bed, 0), CTL_OK);
	whole = strdup(bed->out);
	all = allocations;
	for (n = 1; n <= all; n++) {
		if (run_with_failure(bed, n) == CTL_OK) {	/* jansson could do without */
			assert_string_equal(bed->out, whole);
			continue;
		}
		assert_string_equal(bed->out, "");
		assert_string_equal(bed->err, "underpassctl: Cannot allocate memory\n");
		failed++;
	}
	assert_true(failed > 100);
	json_set_alloc_funcs(malloc, free);
	free(whole);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ctl_bed_setup, ctl_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_assignable_hca_has_all_facts),
		TEST(problems_have_code_kind_text_and_remedy),
		TEST(no_hca_is_an_empty_list_and_an_error),
		TEST(a_served_hca_has_no_iommu_and_a_domain),
		TEST(names_that_are_no_utf8_do_not_spoil_it),
		TEST(memory_that_runs_out_is_an_error_and_no_half_document),
	};

	return cmocka_run_group_tests_name("probe for programs", tests, NULL, NULL);
}
