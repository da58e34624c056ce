"""A bare Python loop that does nothing but CMPP 3.0: submit, response, receipt and its acknowledgement.

Two processes over loopback, each a plain loop: what one read brought is parsed on one buffer with one `struct`
call a message, and answered with one write. No store, no timers, no session, no bulk codec, no personal text
to make. The yardstick for `dispatch`, which does all of that too.

    python -m benchmarks.bare_loop [--messages 200000]
"""

from __future__ import annotations

import argparse
import socket
from multiprocessing import get_context
from multiprocessing.connection import Connection
from struct import Struct
from time import perf_counter

from benchmarks.report import emit

WINDOW = 1_000
READ_SIZE = 1 << 18
TEXT = "【信风】王女士您好，您收藏的商品今日到店，满199减50，戳 xf.cn/a1b2c3 查看，拒收请回复R".encode(
    "utf-16-be"
)

SUBMIT, SUBMIT_RESP, DELIVER, DELIVER_RESP = 0x4, 0x80000004, 0x5, 0x80000005
HEADER = Struct(">III")
SUBMIT_PDU = Struct(f">III8sBBBB10sB32sBBBB6s2s6s17s17s21sB32sBB{len(TEXT)}s20s")
SUBMIT_RESP_PDU = Struct(">III8sI")
REPORT_PDU = Struct(">III8s21s10sBBB32sBBB8s7s10s10s32sI20s")
DELIVER_RESP_PDU = Struct(">III8sI")


def bare_loop(messages: int, *, window: int = WINDOW) -> float:
    """Messages a second, from the first submit to the last acknowledged receipt."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    carrier = context.Process(target=_carrier, args=(theirs, messages), daemon=True)
    carrier.start()
    theirs.close()
    try:
        with socket.create_connection(("127.0.0.1", ours.recv())) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            started = perf_counter()
            _drive(wire, messages, window)
            elapsed = perf_counter() - started
        carrier.join(30)
    finally:
        if carrier.is_alive():
            carrier.terminate()
            carrier.join()
        ours.close()
    return messages / elapsed


def _drive(wire: socket.socket, messages: int, window: int) -> None:
    sent = answered = received = 0
    rest = b""
    waiting: dict[int, int] = {}
    by_id: dict[bytes, int] = {}
    while received < messages:
        output = []
        while len(waiting) < window and sent < messages:
            output.append(_submit(sent, b"139%08d" % sent))
            waiting[sent] = sent
            sent += 1
        if output:
            wire.sendall(b"".join(output))
        output = []
        buffer = rest + _read(wire)
        at = 0
        while len(buffer) - at >= 12:
            length, command, sequence = HEADER.unpack_from(buffer, at)
            if len(buffer) - at < length:
                break
            if command == SUBMIT_RESP:
                _, _, _, msg_id, result = SUBMIT_RESP_PDU.unpack_from(buffer, at)
                if result == 0:
                    by_id[msg_id] = waiting.pop(sequence)
                    answered += 1
            elif command == DELIVER:
                fields = REPORT_PDU.unpack_from(buffer, at)
                if by_id.pop(fields[13], None) is not None and fields[14] == b"DELIVRD":
                    received += 1
                output.append(DELIVER_RESP_PDU.pack(24, DELIVER_RESP, sequence, fields[3], 0))
            at += length
        rest = buffer[at:]
        if output:
            wire.sendall(b"".join(output))


def _carrier(port: Connection, messages: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port.send(listener.getsockname()[1])
        wire, _ = listener.accept()
    acknowledged = taken = 0
    rest = b""
    with wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while acknowledged < messages:
            buffer = rest + _read(wire)
            at = 0
            output = []
            while len(buffer) - at >= 12:
                length, command, sequence = HEADER.unpack_from(buffer, at)
                if len(buffer) - at < length:
                    break
                if command == SUBMIT:
                    number = SUBMIT_PDU.unpack_from(buffer, at)[22]
                    msg_id = b"%08d" % (taken % 10**8)
                    output.append(SUBMIT_RESP_PDU.pack(24, SUBMIT_RESP, sequence, msg_id, 0))
                    output.append(_report(taken, msg_id, number))
                    taken += 1
                elif command == DELIVER_RESP:
                    acknowledged += 1
                at += length
            rest = buffer[at:]
            if output:
                wire.sendall(b"".join(output))


def _submit(sequence: int, number: bytes) -> bytes:
    return SUBMIT_PDU.pack(
        *(
            SUBMIT_PDU.size,
            SUBMIT,
            sequence,
            b"",
            1,
            1,
            1,
            0,
            b"",
            2,
            b"",
            0,
            0,
            0,
            8,
            b"900001",
            b"01",
            b"000000",
        ),
        *(b"", b"", b"1069000101", 1, number, 0, len(TEXT), TEXT, b""),
    )


def _report(sequence: int, msg_id: bytes, number: bytes) -> bytes:
    return REPORT_PDU.pack(
        *(REPORT_PDU.size, DELIVER, sequence, msg_id, b"1069000101", b"", 0, 0, 0, number, 0, 1, 71),
        *(msg_id, b"DELIVRD", b"2611221000", b"2611221001", number, 0, b""),
    )


def _read(wire: socket.socket) -> bytes:
    data = wire.recv(READ_SIZE)
    if not data:
        raise ConnectionError("the other side went away")
    return data


def main() -> None:
    """Print the figure."""
    parser = argparse.ArgumentParser(description="The bare loop.")
    parser.add_argument("--messages", type=int, default=200_000)
    emit("bare_loop", {"bare_loop_per_s": round(bare_loop(parser.parse_args().messages))})


if __name__ == "__main__":
    main()
