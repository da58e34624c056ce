"""Runs one command: here, or inside the `app` that owns the lens.

The lens file has one owner at a time. When a command needs the lens and a running `app` holds it, the same
command is handed to that process over its door (a Unix socket that only this user may open) and its output
comes back.
"""

from __future__ import annotations

import json
import logging
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import Any

from xinfeng.cli import output, surroundings, words
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.postgres import PostgresFault
from xinfeng.kernel.errors import Conflict, XinfengError

log = logging.getLogger(__name__)

_PATIENCE_S = 5.0
_LASTING = ("app", "gateway")
"""Commands whose faults are looked for in the log, where the traceback belongs."""


def run(arguments: list[str], commands: Any) -> int:
    """Run the command named by `arguments` in the tree `commands`; returns the process's exit code."""
    try:
        settings = xinfeng_settings.load()
    except xinfeng_settings.SettingsFault as fault:
        print(
            "这些设置不能用，什么都没有启动。请改正环境变量：\nThese settings cannot be used; nothing was started. "
            "Correct the environment variables:",
            *fault.faults,
            sep="\n  ",
            file=sys.stderr,
        )
        return 2
    try:
        return run_here(arguments, commands)
    except Conflict as conflict:
        if conflict.code != "lens.owned_elsewhere":
            raise
        return hand_over(arguments, settings)


def run_here(arguments: list[str], commands: Any) -> int:
    """Run the command in this process. `Conflict("lens.owned_elsewhere")` is left to the caller."""
    try:
        commands.main(arguments, prog_name="xinfeng")
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(bool(leave.code))
    except XinfengError as error:
        if error.code == "lens.owned_elsewhere":
            raise
        output.say(words.sentence(error), style="red")
        return 1
    except PostgresFault as fault:
        output.say(f"PostgreSQL 没有启动。 PostgreSQL did not start:\n{fault}", style="red")
        return 1
    except surroundings.FAULTS as fault:
        named = surroundings.named(fault, xinfeng_settings.load())
        if named is None:
            raise
        if arguments[:1] and arguments[0] in _LASTING:
            log.exception("ended", extra={"code": named.code})
        output.say(words.sentence(named), style="red")
        return 1
    return 0


def hand_over(arguments: list[str], settings: xinfeng_settings.Settings) -> int:
    """Let the running `app` execute the command, and print what it prints."""
    request = {"arguments": arguments, "width": shutil.get_terminal_size().columns}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        if not _knock(door, settings.door_socket):
            print(
                "分析镜像被另一个进程占用，且它没有应答；请稍后再试。\n"
                "The lens is held by another process that does not answer; try again in a moment.",
                file=sys.stderr,
            )
            return 1
        door.sendall(json.dumps(request).encode() + b"\n")
        return _relay(door)


def _knock(door: socket.socket, path: Path) -> bool:
    """Connect to an `app` that may just be starting; False when nobody opens."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            door.connect(str(path))
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def _relay(door: socket.socket) -> int:
    """Print what comes until the NUL that the exit code follows."""
    code = b""
    ended = False
    while chunk := door.recv(65536):
        if ended:
            code += chunk
            continue
        text, nul, rest = chunk.partition(b"\x00")
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        ended, code = bool(nul), rest
    return int(code or b"1")
