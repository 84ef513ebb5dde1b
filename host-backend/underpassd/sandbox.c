// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what the process may do once everything is open. Must never know what it
 * does with it.
 */
#include "host-backend/underpassd/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

int sandbox_become(uid_t uid, gid_t gid)
{
	if (geteuid() == uid && getegid() == gid)
		return 0;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

#if defined(__x86_64__)
#define ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH	AUDIT_ARCH_AARCH64
#endif

/* First argument of clone(), its low word; both processors are little-endian. */
#define CLONE_FLAGS	offsetof(struct seccomp_data, args[0])
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

#define ALLOW(name)	\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL(name)	\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

#ifdef ARCH
/* In the order of how often they come. */
static struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	/* Waiting, waking, messages. */
	ALLOW(futex), ALLOW(read), ALLOW(write), ALLOW(recvmsg), ALLOW(sendmsg),
	ALLOW(epoll_pwait), ALLOW(epoll_ctl), ALLOW(ppoll),
#ifdef __x86_64__	/* others never had them */
	ALLOW(epoll_wait), ALLOW(poll), ALLOW(unlink),
#endif
	ALLOW(ioctl), ALLOW(pread64), ALLOW(pwrite64), ALLOW(readv), ALLOW(writev),
	ALLOW(recvfrom), ALLOW(sendto), ALLOW(accept4), ALLOW(shutdown), ALLOW(socket),
	ALLOW(clock_gettime), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(timerfd_settime),
	/* Memory and descriptors. */
	ALLOW(mmap), ALLOW(munmap), ALLOW(mprotect), ALLOW(mremap), ALLOW(madvise), ALLOW(brk),
	ALLOW(close), ALLOW(fcntl), ALLOW(fstat), ALLOW(newfstatat), ALLOW(lseek), ALLOW(dup),
	ALLOW(eventfd2), ALLOW(memfd_create), ALLOW(ftruncate), ALLOW(getsockopt),
	ALLOW(setsockopt), ALLOW(unlinkat),
	/* Threads, signals, the end. */
	ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
	ALLOW(set_robust_list), ALLOW(rseq), ALLOW(gettid),
	ALLOW(getpid), ALLOW(tgkill), ALLOW(sched_yield), ALLOW(sched_getaffinity),
	ALLOW(prlimit64), ALLOW(getrandom), ALLOW(restart_syscall), ALLOW(exit),
	ALLOW(exit_group),
	/* Nobody who does this is us. */
	KILL(execve), KILL(execveat), KILL(ptrace), KILL(bpf), KILL(init_module),
	KILL(finit_module), KILL(setns), KILL(unshare), KILL(mount), KILL(process_vm_writev),
	/* Threads, but no namespaces; clone3() has its flags where they cannot be seen. */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CLONE_FLAGS),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};
#endif

int sandbox_filter(void)
{
#ifdef ARCH
	const struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(program[0]), .filter = program,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter))
		return -errno;
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}
