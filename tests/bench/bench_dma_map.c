// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the benchmark of DMA map and unmap messages: a client process and a
 * server process on a UNIX socket, a memory file with every map, and many
 * ranges live. Prints one line "name value unit" per measurement; the exit
 * status is not 0 when a target is missed. Must never know what DMA is for.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hv/vfio-user/client.h"
#include "hv/vfio-user/dma.h"
#include "hv/vfio-user/server.h"
#include "tests/bench/median.h"

#define PAGE		4096ull
#define SECONDS		0.15	/* per slice */
#define ROUNDS		15u	/* slices per size; the sizes take turns */
#define N_SIZES		3u
#define BATCH		256u	/* requests under way */
#define TARGET_RATE	50000.0
#define TARGET_FLAT	0.8

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what, int error)
{
	fprintf(stderr, "bench_dma_map: %s: %s\n", what, strerror(-error));
	exit(2);
}

/* --- the server process ----------------------------------------------------- */

static void serve(int sock)
{
	static const struct vfu_server_config config;
	struct vfu_server *server;
	struct pollfd pfd = { .events = POLLIN };
	bool seen = false;
	int ret;

	ret = vfu_server_create(&config, &server);
	if (!ret)
		ret = vfu_server_adopt(server, sock);
	if (ret)
		die("server", ret);
	pfd.fd = vfu_server_fd(server);
	while (!seen || vfu_server_attached(server)) {
		poll(&pfd, 1, 10000);
		ret = vfu_server_dispatch(server);
		if (ret)
			die("dispatch", ret);
		seen |= vfu_server_attached(server);
	}
	vfu_server_destroy(server);
}

/* --- the client ------------------------------------------------------------- */

struct load {
	struct vfu_client *client;
	int memfd;
	uint64_t file_pages;
	uint64_t live;		/* ranges; number i is at page 2 * i */
	uint64_t seed;
};

static uint64_t random_next(struct load *load)
{
	load->seed = load->seed * 6364136223846793005ull + 1442695040888963407ull;
	return load->seed >> 33;
}

static void collect_one(struct load *load)
{
	struct vfu_client_result result;
	int ret = vfu_client_collect(load->client, &result);

	if (ret || result.error)
		die("reply", ret ? ret : result.error);
}

static void make_room(struct load *load)
{
	while (vfu_client_submitted(load->client) >= BATCH)
		collect_one(load);
}

static void map_page(struct load *load, uint64_t page)
{
	int ret;

	make_room(load);
	ret = vfu_client_submit_dma_map(load->client, page * PAGE, PAGE,
					VFU_DMA_READ | VFU_DMA_WRITE,
					load->memfd,
					page % load->file_pages * PAGE, NULL);
	if (ret)
		die("map", ret);
}

static void unmap_page(struct load *load, uint64_t page)
{
	int ret;

	make_room(load);
	ret = vfu_client_submit_dma_unmap(load->client, page * PAGE, PAGE,
					  NULL);
	if (ret)
		die("unmap", ret);
}

static void drain(struct load *load)
{
	while (vfu_client_submitted(load->client))
		collect_one(load);
}

static void grow_to(struct load *load, uint64_t live)
{
	for (; load->live < live; load->live++)
		map_page(load, 2 * load->live);
	drain(load);
}

static uint64_t random_page(struct load *load)
{
	return 2 * (random_next(load) % load->live);
}

/*
 * Unmaps a random range and maps it again, so that as many stay live.
 * Return: messages per second.
 */
static double measure(struct load *load)
{
	double start = now(), end;
	uint64_t n = 0;

	do {
		for (unsigned int i = 0; i < 512; i++) {
			uint64_t page = random_page(load);

			unmap_page(load, page);
			map_page(load, page);
			n += 2;
		}
		end = now();
	} while (end - start < SECONDS);
	drain(load);
	return (double)n / (now() - start);
}

/* One request at a time, as QEMU does it. */
static void measure_latency(struct load *load)
{
	const unsigned int n = 20000;
	double start = now();

	for (unsigned int i = 0; i < n / 2; i++) {
		uint64_t page = random_page(load);

		unmap_page(load, page);
		drain(load);
		map_page(load, page);
		drain(load);
	}
	printf("dma_map_unmap_round_trip %.1f us\n",
	       (now() - start) / n * 1e6);
}

static const uint64_t sizes[N_SIZES] = { 1000, 10000, 100000 };

/* A server process of its own for each size, so that all stay as they are. */
static pid_t load_open(struct load *load, uint64_t live)
{
	struct vfu_client_config config = { 0 };
	int pair[2], ret;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair", -errno);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", -errno);
	if (!pid) {
		close(pair[1]);
		serve(pair[0]);
		exit(0);
	}
	close(pair[0]);
	load->file_pages = 1024;
	load->seed = 1;
	load->memfd = memfd_create("bench", MFD_CLOEXEC);
	if (load->memfd < 0 ||
	    ftruncate(load->memfd, (off_t)(load->file_pages * PAGE)))
		die("memory", -errno);
	config.fd = pair[1];
	ret = vfu_client_open(&config, &load->client);
	if (ret)
		die("client", ret);
	grow_to(load, live);
	return pid;
}

static void load_close(struct load *load)
{
	vfu_client_close(load->client);
	close(load->memfd);
}

static void server_wait(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("server", -ECHILD);
}

/*
 * Others share the machine. So the sizes take turns, flatness is compared
 * within each turn, and the median of all turns counts.
 */
static int report(double rate[N_SIZES][ROUNDS])
{
	double flat[ROUNDS], low = 0, ratio;

	for (unsigned int r = 0; r < ROUNDS; r++)
		flat[r] = rate[N_SIZES - 1][r] / rate[0][r];
	ratio = bench_median(flat, ROUNDS);
	for (unsigned int i = 0; i < N_SIZES; i++) {
		double mid = bench_median(rate[i], ROUNDS);

		printf("dma_map_unmap_%llu_ranges %.0f messages/s\n",
		       (unsigned long long)sizes[i], mid);
		low = !i || mid < low ? mid : low;
	}
	printf("dma_map_unmap_flatness %.2f ratio\n", ratio);
	if (low >= TARGET_RATE && ratio >= TARGET_FLAT)
		return 0;
	fprintf(stderr, "missed: %.0f messages/s and flatness %.2f\n",
		TARGET_RATE, TARGET_FLAT);
	return 1;
}

int main(void)
{
	struct load load[N_SIZES] = { 0 };
	double rate[N_SIZES][ROUNDS];
	pid_t pids[N_SIZES];
	int ret;

	for (unsigned int i = 0; i < N_SIZES; i++)
		pids[i] = load_open(&load[i], sizes[i]);
	for (unsigned int r = 0; r < ROUNDS; r++) {
		for (unsigned int i = 0; i < N_SIZES; i++)
			rate[i][r] = measure(&load[i]);
	}
	ret = report(rate);
	measure_latency(&load[N_SIZES - 1]);
	for (unsigned int i = 0; i < N_SIZES; i++)
		load_close(&load[i]);
	/* A server holds the sockets of those before it: the last goes first. */
	for (unsigned int i = N_SIZES; i-- > 0;)
		server_wait(pids[i]);
	return ret;
}
