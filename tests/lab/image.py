# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Images: Debian root trees built by mmdebstrap and kept until one of their inputs changes.

It owns the image cache and nothing else; it must never know which VM uses an image, or how.
"""
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

from errors import LabError
from qemu import Qemu

HERE = os.path.dirname(os.path.realpath(__file__))
RECIPES = os.path.join(HERE, "images")
SUITE = "trixie"
BACKPORTS = "trixie-backports"
KERNELS = {"stable": SUITE, "backports": BACKPORTS}
UNUSED_DAYS = 7  # an image nobody used for so long goes when another one is built


def read_list(path):
    """The words of a file, one per line, without comments."""
    with open(path, encoding="utf-8") as f:
        return [w for line in f if (w := line.split("#")[0].strip())]


def need_tools(*names, modules=()):
    """Refuse early, naming the file that lists the packages; `modules` of Python."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [n for n in names if not shutil.which(n, path=path)]
    missing += [f"the Python module {m}" for m in modules if not importlib.util.find_spec(m)]
    if missing:
        raise LabError(f"missing on this machine: {' '.join(missing)}; install the packages listed in "
                       "tests/lab/packages, e.g. apt-get install "
                       + " ".join(read_list(os.path.join(HERE, "packages"))))


class Mirror:
    """The Debian mirror that this machine itself uses."""

    def __init__(self):
        self.url = os.environ.get("LAB_MIRROR") or self._from_apt()
        self.proxy = self._proxy()

    @staticmethod
    def _from_apt():
        try:
            out = subprocess.run(
                ["apt-get", "indextargets", "--format", "$(ORIGIN) $(SUITE) $(REPO_URI)"],
                capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as e:
            raise LabError("cannot read this machine's apt configuration; "
                           "set LAB_MIRROR to the address of a Debian mirror") from e
        for line in out.splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "Debian" and "security" not in words[1]:
                return words[2].rstrip("/")
        raise LabError("this machine's apt knows no Debian mirror (run apt-get update, "
                       "or set LAB_MIRROR to the address of one)")

    @staticmethod
    def _proxy():
        with contextlib.suppress(OSError):
            out = subprocess.run(["apt-config", "dump", "--format", "%v%n", "Acquire::http::Proxy"],
                                 capture_output=True, text=True, check=False).stdout
            return out.strip()
        return ""

    def sources(self):
        return [f"deb {self.url} {SUITE} main", f"deb {self.url} {BACKPORTS} main"]


class Image:
    """One cached image: recipe folder in, folder of artefacts out."""

    name = recipe = ""

    def __init__(self, cache, say=None):
        self.cache = cache
        self.recipe = os.path.join(RECIPES, self.recipe or self.name)
        self.say = say or (lambda text: print(text, file=sys.stderr, flush=True))
        self.dir = os.path.join(cache, f"{self.name}-{self._key()}")

    def path(self, name):
        return os.path.join(self.dir, name)

    def _key(self):
        """A digest of everything that decides what the image contains."""
        h = hashlib.sha256(f"{SUITE} {BACKPORTS} {self.inputs()}".encode())
        for folder, subdirs, files in os.walk(self.recipe):
            subdirs.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                h.update(os.path.relpath(path, self.recipe).encode())
                with open(path, "rb") as f:
                    h.update(hashlib.sha256(f.read()).digest())
        return h.hexdigest()[:12]

    def inputs(self):
        """Inputs that are not files of the recipe."""
        return ""

    def build(self, mirror, work):
        raise NotImplementedError

    def ready(self):
        return os.path.exists(self.path("manifest.json"))

    def ensure(self, refresh=False):
        """Build the image unless it is there; several callers may race."""
        if self.ready() and not refresh:
            self.touch()
            return self.dir
        os.makedirs(self.cache, exist_ok=True)
        need_tools("mmdebstrap", "mke2fs", "ssh-keygen", modules=["seccomp"])
        if os.geteuid() != 0:
            raise LabError(f"the lab image '{self.name}' must be built once as root: sudo tests/lab/lab image")
        with open(os.path.join(self.cache, f".{self.name}.lock"), "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"image {self.name}: another process builds it, waiting")
                fcntl.flock(lock, fcntl.LOCK_EX)
            mirror = Mirror()
            if not self.ready() or (refresh and self._stale(mirror)):
                self._build(mirror)
        self.touch()
        return self.dir

    def touch(self):
        with contextlib.suppress(OSError):
            os.utime(self.path("manifest.json"))

    def _stale(self, mirror):
        with open(self.path("manifest.json"), encoding="utf-8") as f:
            return json.load(f).get("release") != release_dates(mirror)

    def _build(self, mirror):
        self._sweep()
        work = self.dir + ".tmp"
        os.makedirs(work)
        start = time.monotonic()
        self.say(f"image {self.name}: building (about a minute; progress follows)")
        try:
            self.build(mirror, work)
            manifest = {"name": self.name, "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                        "seconds": round(time.monotonic() - start, 1), "release": release_dates(mirror)}
            with open(os.path.join(work, "manifest.json"), "w", encoding="utf-8") as f:
                json.dump(manifest, f, indent=1)
            if os.path.exists(self.dir):  # a refresh: running labs keep their open files
                os.rename(self.dir, self.dir + ".old.tmp")
            os.rename(work, self.dir)
        finally:
            shutil.rmtree(work, ignore_errors=True)
            shutil.rmtree(self.dir + ".old.tmp", ignore_errors=True)
        self.say(f"image {self.name}: done in {time.monotonic() - start:.0f} s")

    def _sweep(self):
        """Drop half-built images of dead builders, and images long unused."""
        for entry in os.listdir(self.cache):
            path = os.path.join(self.cache, entry)
            if not re.match(rf"{self.name}-[0-9a-f]{{12}}\b", entry) or path == self.dir:
                continue
            with contextlib.suppress(OSError):
                manifest = os.path.join(path, "manifest.json")
                if not entry.endswith(".tmp"):
                    if time.time() - os.stat(manifest).st_mtime < UNUSED_DAYS * 86400:
                        continue
                    os.close(self.hold(path, fcntl.LOCK_EX | fcntl.LOCK_NB))  # fails while a lab runs from it
                shutil.rmtree(path, ignore_errors=True)

    @staticmethod
    def hold(path, how=fcntl.LOCK_SH):
        """Mark an image folder as in use for as long as the descriptor returned is open."""
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, how)
        except OSError:
            os.close(fd)
            raise
        return fd

    def run(self, argv, log, **kwargs):
        """Run a builder, its output in a log, its milestones shown; it dies with us."""
        start = last = time.monotonic()
        with open(log, "ab") as logfile, subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=builder(), **kwargs) as child:
            try:
                for line in child.stdout:
                    logfile.write(line)
                    text = line.decode(errors="replace").strip()
                    now = time.monotonic()
                    if re.match(r"I: (running|down|extr|inst|success)|installing the", text) or now - last > 15:
                        self.say(f"image {self.name}: {now - start:4.0f} s  {text.removeprefix('I: ')[:100]}")
                        last = now
                child.wait()
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)
                raise
        if child.returncode:
            with open(log, encoding="utf-8", errors="replace") as f:
                tail = "".join(f.readlines()[-15:])
            raise LabError(f"{argv[0]} failed ({child.returncode}) while building image {self.name}:\n{tail}")

    def mmdebstrap(self, mirror, work, tree, options):
        argv = ["mmdebstrap", *options]
        if mirror.proxy:
            argv.append(f'--aptopt=Acquire::http::Proxy "{mirror.proxy}"')
        argv += [SUITE, tree, *mirror.sources()]
        self.run(argv, os.path.join(work, "build.log"),
                 env={**os.environ, "LC_ALL": "C.UTF-8", "LAB_RECIPE": self.recipe,
                      "LAB_KEY": os.path.join(work, "key.pub")})


class GuestImage(Image):
    """The root file systems of a VM and of a host, with the kernel to boot them and the key to enter them.

    The tree of the host stays beside them: its QEMU is the lab's own, too.
    """

    recipe = "guest"
    size = "4G"  # sparse

    def __init__(self, cache, kernel, say=None):
        self.kernel = kernel
        self.name = "guest" if kernel == "stable" else f"guest-{kernel}"
        super().__init__(cache, say)

    def inputs(self):
        return f"{self.size} {self.kernel}"

    def build(self, mirror, work):
        key = os.path.join(work, "key")
        tree = os.path.join(work, "tree")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", key], check=True)
        packages = read_list(os.path.join(self.recipe, "packages")) + [f"linux-image-amd64/{KERNELS[self.kernel]}"]
        self.mmdebstrap(mirror, work, tree, [
            "--variant=minbase", "--skip=cleanup/apt/lists", "--include=" + ",".join(packages),
            f'--essential-hook={self.recipe}/prepare.sh "$1"',
            f'--customize-hook={self.recipe}/customize.sh "$1"'])
        self._take_kernel(tree, work)
        lists = os.path.join(work, "lists")
        os.rename(os.path.join(tree, "var/lib/apt/lists"), lists)
        os.mkdir(os.path.join(tree, "var/lib/apt/lists"))
        self._pack(tree, work, "root")
        options = [f"-oAcquire::http::Proxy={mirror.proxy}"] if mirror.proxy else []
        self.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", f"{self.recipe}/host.sh", tree, lists, *options],
                 os.path.join(work, "build.log"), env={**os.environ, "LC_ALL": "C.UTF-8", "LAB_RECIPE": self.recipe})
        self._pack(tree, work, "host")
        shutil.rmtree(lists)

    def _pack(self, tree, work, name):
        """The tree as a file system, and the list of its packages."""
        self.say(f"image {self.name}: packing the file system {name}")
        self.run(["/usr/sbin/mke2fs", "-q", "-t", "ext4", "-L", "root", "-m", "0",
                  "-d", tree, os.path.join(work, f"{name}.ext4"), self.size], os.path.join(work, "build.log"))
        with open(os.path.join(work, f"packages-{name}.txt"), "w", encoding="utf-8") as f:
            subprocess.run(["dpkg-query", f"--admindir={tree}/var/lib/dpkg", "-W"], stdout=f, check=True)

    def release(self):
        """That of its kernel."""
        return read_list(self.path("release"))[0]

    def qemu(self):
        return Qemu(self.path("tree"))

    @staticmethod
    def _take_kernel(tree, work):
        """Copy vmlinuz and initrd under names without a release."""
        boot = os.path.join(tree, "boot")
        release, = (n.removeprefix("vmlinuz-") for n in os.listdir(boot) if n.startswith("vmlinuz-"))
        shutil.copyfile(f"{boot}/vmlinuz-{release}", f"{work}/vmlinuz")
        shutil.copyfile(f"{boot}/initrd.img-{release}", f"{work}/initrd")
        with open(f"{work}/release", "w", encoding="utf-8") as f:
            f.write(release + "\n")


class KbuildImage(Image):
    """A root tree that compiles kernel modules for the kernels of the guest images; extracted, not installed."""

    name = "kbuild"

    def build(self, mirror, work):
        tree = os.path.join(work, "tree")
        packages = read_list(os.path.join(self.recipe, "packages"))
        self.mmdebstrap(mirror, work, tree, [
            "--variant=extract", "--include=" + ",".join(packages), f'--extract-hook={self.recipe}/headers.sh "$1"'])
        releases = sorted(os.listdir(f"{tree}/lib/modules"), key=lambda r: [int(x) for x in re.findall(r"\d+", r)])
        with open(f"{work}/releases.json", "w", encoding="utf-8") as f:
            json.dump(dict(zip(KERNELS, releases, strict=True)), f)

    def release(self, kernel):
        with open(self.path("releases.json"), encoding="utf-8") as f:
            return json.load(f)[kernel]


def release_dates(mirror):
    """The Date fields of the suites' Release files, or nothing when the mirror does not answer."""
    import urllib.request
    dates = {}
    for suite in (SUITE, BACKPORTS):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{mirror.url}/dists/{suite}/Release", timeout=10) as reply:
                match = re.search(rb"^Date: (.*)$", reply.read(4096), re.M)
                dates[suite] = match.group(1).decode() if match else ""
    return dates


_libc = ctypes.CDLL(None)


def die_with_parent(sig=signal.SIGKILL):
    """A preexec function: the child gets `sig` when this process ends, however it ends."""
    parent = os.getpid()

    def preexec():
        _libc.prctl(1, int(sig))  # PR_SET_PDEATHSIG
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a VM's core would be as large as its memory
        if os.getppid() != parent:
            os._exit(127)
    return preexec


def builder():
    """A preexec function: the child dies with this process, and for it and all that it starts syncing does nothing.

    Half an image is never used, so nothing need be safe on a disk before the end, though dpkg syncs its own
    books at each step of each package.
    """
    import seccomp
    die = die_with_parent(signal.SIGTERM)
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.set_attr(seccomp.Attr.CTL_NNP, 0)  # apt changes its user
    for call in ("fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync"):
        rules.add_rule(seccomp.ERRNO(0), call)

    def preexec():
        die()
        rules.load()
    return preexec
