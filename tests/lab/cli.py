# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The command line of the lab: every subcommand, its options and its help.

It owns arguments and messages; it must never hold a child process longer than its own command.
"""
import argparse
import os
import re
import sys

import state
from errors import EXIT_LAB, LabError
from topologies import TOPOLOGIES

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
LAB = os.path.join(TOP, "build", "lab")

ABOUT = """Brings up machines with software HCAs, runs commands in them, takes all down again.

  lab up stock --vms 2            two stock Debian VMs, one HCA each, one fabric
  lab up nested --guests 2        a host with underpassd and libvirt, two guests in it
  lab exec vm1 -- ibv_devinfo     exit status, stdout and stderr come through
  lab down                        nothing stays behind
"""

TOPOLOGY_TEXT = """topologies:
""" + "".join(f"  {name:12} {text}\n" for name, text in TOPOLOGIES.items())


def setting(text):
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form NAME=VALUE")
    return name, value


IMAGES = ("guest", "kbuild")  # those that nearly everything needs


def sizes(text):
    if not re.fullmatch(r"\d+[MG](,\d+[MG])*", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no list of sizes such as 512M or 512M,4G")
    return text


def cmd_image(args):
    from image import KERNELS, GuestImage, KbuildImage
    for image in (*(GuestImage(args.cache, k) for k in KERNELS), KbuildImage(args.cache)):
        if image.name in (args.names or IMAGES):
            print(image.ensure(refresh=args.refresh))


def cmd_up(args):
    import up
    up.up(args)


def cmd_down(args):
    import up
    return up.down(args.run, args.save)


def cmd_exec(args):
    import shell
    return shell.execute(args.run, args.vm, args.command, args.timeout, args.no_stdin, args.tty)


def cmd_put(args):
    import shell
    return shell.put(args.run, args.vm, args.sources, args.target, args.timeout)


def cmd_get(args):
    import shell
    return shell.get(args.run, args.vm, args.sources, args.target, args.timeout)


def cmd_console(args):
    import console
    return console.attach(args.run, args.vm)


def cmd_model(args):
    import console
    return console.model(args.run, " ".join(args.words), args.timeout)


def cmd_restart(args):
    answer = args.run.ask({"do": "restart", "name": args.name, "reset": args.reset}, timeout=args.timeout)
    print(f"{args.name} up again after {answer['seconds']} s", file=sys.stderr)


def cmd_ctl(args):
    import shell
    return shell.ctl(args.run, args.guest, args.words, args.timeout)


def cmd_status(args):
    import report
    return report.status(args.run, args.json)


def cmd_logs(args):
    import report
    return report.logs(args.run, args.part, args.lines)


def build_parser():
    parser = argparse.ArgumentParser(prog="lab", description=ABOUT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", default=os.environ.get("LAB_DIR", os.path.join(LAB, "run")),
                        help="folder of this lab (default: LAB_DIR or build/lab/run); one lab per folder")
    parser.add_argument("--cache", default=os.environ.get("LAB_CACHE", os.path.join(LAB, "cache")),
                        help="folder of the images (default: LAB_CACHE or build/lab/cache)")
    commands = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def add(name, function, text, **kwargs):
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", **kwargs)
        sub.set_defaults(function=function)
        return sub

    sub = add("image", cmd_image, "build the images unless they are there, and print their folders")
    sub.add_argument("--refresh", action="store_true", help="build anew if the Debian mirror has newer releases")
    sub.add_argument("names", nargs="*", choices=(*IMAGES, "guest-backports", []), metavar="NAME",
                     help=f"only these: {', '.join(IMAGES)}; or guest-backports, which is otherwise built when it is used")

    sub = add("up", cmd_up, "bring up a topology and wait until every machine takes commands",
              epilog=TOPOLOGY_TEXT, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub.add_argument("topology", choices=TOPOLOGIES, metavar="TOPOLOGY",
                     help=f"{', '.join(TOPOLOGIES)}; see below")
    sub.add_argument("--vms", "--guests", type=int, default=2, dest="machines", metavar="N",
                     help="number of VMs, or of guests, 1 to 16 (2)")
    sub.add_argument("--hcas", type=int, default=1,
                     help="HCAs of each VM (1), 0: none, no model is started; of each guest in a host (1), all but the "
                          "first by plain passthrough")
    sub.add_argument("--kernel", choices=("stable", "backports"), default="stable", help="the machines' kernel (stable)")
    sub.add_argument("--mem", type=sizes, metavar="SIZE[,SIZE…]",
                     help="memory of each VM (1536M) or guest (direct: 1G, else 768M); of a list the last counts on")
    sub.add_argument("--smp", type=int, default=1, help="processors of each VM or guest (1)")
    sub.add_argument("--host-smp", type=int, default=2, help="processors of each host (2)")
    sub.add_argument("--small-pages", action="store_true",
                     help="guests in hosts get their memory in 4 KiB pages, as it is used, not in huge pages of a pool")
    sub.add_argument("--set", dest="settings", type=setting, action="append", default=[], metavar="NAME=VALUE",
                     help="a setting of underpassd, e.g. policy=lazy; may be repeated")
    sub.add_argument("--daemon", default=os.path.join(TOP, "build", "release", "underpassd"),
                     help="underpassd program, underpassctl beside it (build/release/underpassd)")
    sub.add_argument("--modules", default=os.path.join(TOP, "build", "modules"),
                     help="folder of underpass-RELEASE.ko (build/modules)")
    sub.add_argument("--iommu", nargs="?", const="intel", choices=("intel", "amd"),
                     help="give the VMs (direct: guests) an emulated IOMMU, switched on: Intel's, which does not enforce "
                          "coherency (the default, and what hosts always have), or AMD's, which does")
    sub.add_argument("--accel", choices=("auto", "tcg", "kvm"), default="auto",
                     help="auto: KVM if a stock kernel really boots under it, else TCG")
    sub.add_argument("--append", default="", help="further words for the kernel command line of VMs and guests")
    sub.add_argument("--model", default=os.path.join(TOP, "build", "release", "hca-model"),
                     help="HCA model program (build/release/hca-model)")
    sub.add_argument("--boot-timeout", type=float, default=240, metavar="S",
                     help="limit for a VM's boot (240); guests in hosts get twice that")
    sub.add_argument("--model-arg", dest="model_args", action="append", default=[], metavar="ARG",
                     help="further argument of the HCA model, e.g. --model-arg=--strict; may be repeated")
    sub.add_argument("--qemu-arg", dest="qemu_args", action="append", default=[], metavar="ARG",
                     help="further argument of each QEMU; may be repeated")

    sub = add("exec", cmd_exec, "run a command in a VM, as it is given: no shell reads it",
              epilog="Exit status: the command's; 124 when it ran out of time (it is then killed), 125 when the lab "
                     "failed. For a shell: lab exec vm1 -- sh -c 'dmesg | tail'")
    sub.add_argument("--timeout", type=float, default=300, metavar="S", help="time limit in seconds (300; 0: none)")
    sub.add_argument("-n", "--no-stdin", action="store_true", help="do not pass stdin on")
    sub.add_argument("-t", "--tty", action="store_true", help="give the command a terminal")
    sub.add_argument("vm")
    sub.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")

    for name, function, text in (("put", cmd_put, "copy files or folders into a VM"),
                                 ("get", cmd_get, "copy files or folders out of a VM")):
        sub = add(name, function, text)
        sub.add_argument("--timeout", type=float, default=300, metavar="S", help="time limit in seconds (300; 0: none)")
        sub.add_argument("vm")
        sub.add_argument("sources", nargs="+", metavar="SOURCE")
        sub.add_argument("target")

    sub = add("console", cmd_console, "attach to the serial console of a VM; Ctrl-] leaves")
    sub.add_argument("vm")

    sub = add("model", cmd_model, "send one line to the HCA model's control socket and print its answer")
    sub.add_argument("--timeout", type=float, default=10, metavar="S", help="time limit in seconds (10)")
    sub.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD …")

    sub = add("restart", cmd_restart, "end a machine and start it again, its disk kept; or a service")
    sub.add_argument("--reset", action="store_true", help="reset the machine instead; QEMU and its HCAs stay")
    sub.add_argument("--timeout", type=float, default=300, metavar="S", help="time limit in seconds (300)")
    sub.add_argument("name")

    sub = add("ctl", cmd_ctl, "run underpassctl beside the daemon of a guest: the guest's control socket comes last",
              epilog="lab ctl guest1 status --json")
    sub.add_argument("--timeout", type=float, default=30, metavar="S", help="time limit in seconds (30)")
    sub.add_argument("guest")
    sub.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD …")

    sub = add("status", cmd_status, "say what runs and what died; status 1 if anything did")
    sub.add_argument("--json", action="store_true", help="the whole state, for programs")

    sub = add("logs", cmd_logs, "print the logs of all parts, or of one")
    sub.add_argument("-n", "--lines", type=int, default=0, help="only the last lines of each")
    sub.add_argument("part", nargs="?")

    sub = add("down", cmd_down, "end the lab; status 1 if a service had died or ended badly")
    sub.add_argument("--save", metavar="FOLDER", help="keep the logs there")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    for name in ("command", "words"):
        words = getattr(args, name, None)
        if words and words[0] == "--":
            words.pop(0)
    args.run = state.RunDir(args.dir)
    args.cache = os.path.abspath(args.cache)
    try:
        return args.function(args) or 0
    except LabError as e:
        print(f"lab: {e}", file=sys.stderr)
        return e.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_LAB
