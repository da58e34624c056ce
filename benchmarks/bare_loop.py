"""The bare protocol loop: submit, response and receipt over loopback, with nothing stored and nothing looked up.

Two processes, blocking sockets, the bulk codec. What a gateway reaches beside this figure is what durability,
consent and bookkeeping cost.
"""

from __future__ import annotations

import multiprocessing
import socket
from multiprocessing.connection import Connection as Pipe
from time import perf_counter

from benchmarks.protocol import CONSTANTS, report_of, submit_items
from xinfeng.protocols.cmpp.bulk import (
    SubmitTemplate,
    decode_batch,
    encode_deliver_responses,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.cmpp.layout import V30
from xinfeng.protocols.cmpp.messages import Version

READ = 256 * 1024
ITEMS = 5_000


def _carrier(pipe: Pipe) -> None:
    """Answer every submit and report on it at once, until the line is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname()[1])
        line, _ = server.accept()
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    unread, number = b"", 0
    with line:
        while data := line.recv(READ):
            buffer = unread + data
            batch = decode_batch(buffer, 0, V30)
            unread = buffer[batch.consumed :]
            if not batch.submissions:
                continue
            ids = [(number + index).to_bytes(8, "big") for index in range(len(batch.submissions))]
            number += len(ids)
            answers = [(one[0], msg_id, 0) for one, msg_id in zip(batch.submissions, ids, strict=True)]
            reports = [
                report_of((msg_id, one[1][0])) for one, msg_id in zip(batch.submissions, ids, strict=True)
            ]
            line.sendall(
                encode_submit_responses(answers, V30)
                + encode_reports(range(number - len(ids), number), reports, V30)
            )


def bare_loop(messages: int, *, window: int) -> int:
    """Messages a second with `window` of them in flight."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    carrier = multiprocessing.get_context("spawn").Process(target=_carrier, args=(theirs,), daemon=True)
    carrier.start()
    theirs.close()
    template = SubmitTemplate(CONSTANTS, Version.V30)
    items = submit_items(ITEMS)
    with socket.create_connection(("127.0.0.1", ours.recv())) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = answered = reported = 0
        unread = b""
        began = perf_counter()
        while answered < messages or reported < messages:
            if room := min(window - (sent - answered), messages - sent):
                at = sent % (ITEMS - window)
                line.sendall(template.encode_batch(range(sent, sent + room), items[at : at + room]))
                sent += room
            buffer = unread + line.recv(READ)
            batch = decode_batch(buffer, 0, V30)
            unread = buffer[batch.consumed :]
            answered += len(batch.submit_responses)
            reported += len(batch.receipts)
            if batch.receipts:
                line.sendall(encode_deliver_responses([one[:2] for one in batch.receipts], V30))
        took_s = perf_counter() - began
    carrier.join(10)
    return round(messages / took_s)
