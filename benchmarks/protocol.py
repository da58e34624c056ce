"""How fast CMPP is written and read on one core, and how fast a loop is that does nothing else.

`encode_per_s`, `decode_per_s`: messages a second through the bulk paths, in equal shares submit (personalised,
one part), submit response and deliver (status report); both ends of the wire are counted, as both are ours.

    python -m benchmarks.protocol [--messages 300000]
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter

from benchmarks.report import emit
from xinfeng.protocols.cmpp.bulk import (
    ReportItem,
    SubmitConstants,
    SubmitItem,
    SubmitResponse,
    SubmitTemplate,
    decode_batch,
    encode_deliver_responses,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.cmpp.layout import V30
from xinfeng.protocols.cmpp.messages import Version

BATCH = 500
"""Messages encoded in one go, about what a gateway puts into one write."""
READ_SIZE = 1 << 18
TEXT = "【信风】{}您好，您收藏的商品今日到店，满199减50，戳 xf.cn/{:06d} 查看，拒收请回复R"
CONSTANTS = SubmitConstants(msg_src="900001", src_id="1069000101")


def submit_items(count: int) -> list[SubmitItem]:
    """Personalised texts of one part to numbers that are all different."""
    return [
        (f"139{index:08d}", TEXT.format("王女士", index).encode("utf-16-be"), 8, 1, 1)
        for index in range(count)
    ]


def report_of(item: tuple[bytes, str]) -> ReportItem:
    """The report on a message id and number."""
    msg_id, number = item
    return msg_id, "1069000101", msg_id, "DELIVRD", "2511221000", "2511221001", number


def measure(messages: int) -> dict[str, int]:
    """Encode and decode so many messages of each kind; messages a second."""
    template = SubmitTemplate(CONSTANTS, Version.V30)
    items = submit_items(BATCH)
    ids = [index.to_bytes(8, "big") for index in range(BATCH)]
    responses: list[SubmitResponse] = [(index, msg_id, 0) for index, msg_id in enumerate(ids)]
    reports = [report_of((msg_id, item[0])) for msg_id, item in zip(ids, items, strict=True)]
    sequences = range(BATCH)

    def encode() -> list[bytes]:
        return [
            template.encode_batch(sequences, items),
            encode_submit_responses(responses, V30),
            encode_reports(sequences, reports, V30),
        ]

    encoded = encode()

    def decode() -> None:
        for buffer in encoded:
            if decode_batch(buffer, 0, V30).consumed != len(buffer):
                raise RuntimeError("not everything was read")

    rounds = max(1, messages // BATCH)
    return {
        "encode_per_s": _per_second(encode, rounds, 3 * BATCH),
        "decode_per_s": _per_second(decode, rounds, 3 * BATCH),
    }


def _per_second(work: Callable[[], object], rounds: int, messages_a_round: int) -> int:
    work()
    started = perf_counter()
    for _ in range(rounds):
        work()
    return round(rounds * messages_a_round / (perf_counter() - started))


# --- the bare loop ---------------------------------------------------------------------------------------------


def bare_loop(messages: int, *, window: int = 4000) -> float:
    """Messages a second from submit to acknowledged receipt, between two processes over loopback.

    Nothing but CMPP: no store, no timers, no session; what was read is parsed as one batch and answered with one
    write. The upper bound for everything that also has to remember what it does.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    carrier = context.Process(target=_bare_carrier, args=(theirs, messages), daemon=True)
    carrier.start()
    theirs.close()
    try:
        with socket.create_connection(("127.0.0.1", ours.recv())) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            items = submit_items(messages)
            started = perf_counter()
            _drive(wire, items, window)
            elapsed = perf_counter() - started
        carrier.join(30)
    finally:
        if carrier.is_alive():
            carrier.terminate()
            carrier.join()
        ours.close()
    return messages / elapsed


def _drive(wire: socket.socket, items: list[SubmitItem], window: int) -> None:
    template = SubmitTemplate(CONSTANTS, Version.V30)
    sent = answered = received = 0
    rest = b""
    while received < len(items) or answered < len(items):
        output = b""
        room = min(window - (sent - answered), len(items) - sent)
        if room >= min(BATCH, len(items) - sent) and room > 0:
            count = min(room, BATCH)
            output = template.encode_batch(range(sent, sent + count), items[sent : sent + count])
            sent += count
        if not output or sent - answered >= window:
            if output:
                wire.sendall(output)
                output = b""
            data = wire.recv(READ_SIZE)
            if not data:
                raise ConnectionError("the carrier went away")
            buffer = rest + data
            batch = decode_batch(buffer, 0, V30)
            rest = buffer[batch.consumed :]
            answered += len(batch.submit_responses)
            received += len(batch.receipts)
            output = encode_deliver_responses([(receipt[0], receipt[1]) for receipt in batch.receipts], V30)
        if output:
            wire.sendall(output)


def _bare_carrier(report_port: Connection, messages: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        report_port.send(listener.getsockname()[1])
        wire, _ = listener.accept()
    acknowledged = taken = 0
    rest = b""
    with wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while acknowledged < messages:
            data = wire.recv(READ_SIZE)
            if not data:
                return
            buffer = rest + data
            batch = decode_batch(buffer, 0, V30)
            rest = buffer[batch.consumed :]
            acknowledged += len(batch.deliver_responses)
            submissions = batch.submissions
            if submissions:
                ids = [index.to_bytes(8, "big") for index in range(taken, taken + len(submissions))]
                responses = [(item[0], msg_id, 0) for item, msg_id in zip(submissions, ids, strict=True)]
                numbers = [item[1][0] for item in submissions]
                reports = [report_of(pair) for pair in zip(ids, numbers, strict=True)]
                sequences = range(taken, taken + len(reports))
                taken += len(reports)
                wire.sendall(
                    encode_submit_responses(responses, V30) + encode_reports(sequences, reports, V30)
                )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="CMPP on one core.")
    parser.add_argument("--messages", type=int, default=300_000, help="of each kind")
    messages = parser.parse_args().messages
    emit("protocol", measure(messages))


if __name__ == "__main__":
    main()
