"""The simulated provider's HTTP server, its faults and its witness."""

from __future__ import annotations

import argparse
import hmac
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from xinfeng.hygiene.simulator import answers

FAULTS = (
    "throttle",
    "no_balance",
    "unauthorized",
    "malformed",
    "unavailable",
    "frequency",
    "garbage",
    "nested",
    "wrong_type",
    "huge",
    "drip",
    "hang",
    "drop",
    "redirect",
    "missing",
    "duplicates",
    "contradictions",
    "strangers",
)
"""The first six are refusals in the provider's words; the others break its own rules."""

KEY, SECRET = "simulator", "simulator-secret"
_LONGEST_BODY = 1024 * 1024
_REFUSALS = {
    "throttle": (429, "throttled", "Throttling.User"),
    "no_balance": (402, "no_balance", "AmountNotEnough"),
    "unauthorized": (401, "unauthorized", "SignatureDoesNotMatch"),
    "malformed": (400, "malformed", "InvalidParameter"),
    "unavailable": (503, "unavailable", "SystemError"),
}


@dataclass(frozen=True)
class Options:
    """`fault` holds for the first `times` calls (0: for all)."""

    host: str = "127.0.0.1"
    port: int = 7990
    key: str = KEY
    secret: str = SECRET
    fault: str = ""
    times: int = 0
    delay_ms: int = 0


@dataclass
class Book:
    """What the provider remembers: the fault in force and every question it was asked."""

    fault: str
    left: int | None
    delay_ms: int
    asked: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self) -> str:
        with self._guard:
            self.calls += 1
            if not self.fault or self.left == 0:
                return ""
            if self.left is not None:
                self.left -= 1
            return self.fault

    def ask(self, question: str, number: str) -> None:
        with self._guard:
            self.asked[f"{question}:{number}"] += 1

    def change(self, told: dict[str, Any]) -> None:
        with self._guard:
            self.fault = told["fault"] if told.get("fault") in FAULTS else ""
            times = told.get("times", 0)
            self.left = times if isinstance(times, int) and times > 0 else None
            self.delay_ms = int(told.get("delay_ms", self.delay_ms))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        book = self.server.book
        self._answer(200, {"calls": book.calls, "asked": dict(book.asked)})

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST_BODY))
        if self.path == "/control":
            self.server.book.change(json.loads(body or b"{}"))
            self._answer(200, {})
            return
        time.sleep(self.server.book.delay_ms / 1000)
        fault = self.server.book.next_fault()
        if "x-acs-action" in self.headers:
            self._aliyun(fault)
        else:
            self._generic(body, fault)

    def _generic(self, body: bytes, fault: str) -> None:
        if fault in _REFUSALS or not self._signed(body):
            status, word, _ = _REFUSALS.get(fault, _REFUSALS["unauthorized"])
            self._answer(status, {"error": {"code": word, "message": word}})
            return
        if self._broken(fault):
            return
        asked = json.loads(body)
        results = [self._one(asked["question"], item, fault) for item in asked["numbers"]]
        if fault == "missing":
            results = results[: len(results) // 2]
        if fault == "duplicates":
            results += results
        if fault == "contradictions":
            results += [{**one, "code": "risky"} for one in results]
        if fault == "strangers":
            strange: list[Any] = [7, {"id": 3}, {"id": "-1"}, {"id": "٣"}]
            results = [{**one, "id": "999"} for one in results] + strange
        self._answer(200, {"request_id": asked["request_id"], "results": results})

    def _one(self, question: str, item: dict[str, str], fault: str) -> dict[str, Any]:
        number = item["number"]
        self.server.book.ask(question, number)
        if fault == "frequency":
            return {"id": item["id"], "error": "frequency_limit"}
        said: dict[str, Any] = {"id": item["id"]}
        if question == "status":
            return said | {"code": answers.state(number), "carrier": answers.carrier(number)}
        if question == "carrier":
            return said | {"carrier": answers.carrier(number), "ported": answers.ported(number)}
        return said | {"reassigned": answers.reassigned(number)}

    def _signed(self, body: bytes) -> bool:
        from xinfeng.hygiene.providers.generic import signature

        expected = signature(
            self.server.options.secret,
            path=urlsplit(self.path).path,
            at=self.headers.get("X-Xinfeng-Time", ""),
            nonce=self.headers.get("X-Xinfeng-Nonce", ""),
            body=body,
        )
        given = self.headers.get("X-Xinfeng-Signature", "")
        return self.headers.get("X-Xinfeng-Key") == self.server.options.key and hmac.compare_digest(
            expected.encode(), given.encode("latin-1", "replace")
        )

    def _aliyun(self, fault: str) -> None:
        if fault in _REFUSALS or not self._acs_signed():
            status, _, word = _REFUSALS.get(fault, _REFUSALS["unauthorized"])
            self._answer(status, {"Code": word, "Message": word, "RequestId": "0"})
            return
        if self._broken(fault):
            return
        number = parse_qs(urlsplit(self.path).query)["InputNumber"][0]
        action = self.headers["x-acs-action"]
        self.server.book.ask(action, number)
        if fault == "frequency":
            self._answer(200, {"Code": "RequestFrequencyLimit", "Message": "", "RequestId": "0"})
            return
        self._answer(
            200, {"Code": "OK", "Message": "OK", "RequestId": "0", "Data": _acs_data(action, number)}
        )

    def _acs_signed(self) -> bool:
        from xinfeng.hygiene.providers.aliyun import signed_headers

        expected = signed_headers(
            key_id=self.server.options.key,
            secret=self.server.options.secret,
            host=self.headers.get("host", ""),
            action=self.headers["x-acs-action"],
            query=urlsplit(self.path).query,
            at=self.headers.get("x-acs-date", ""),
            nonce=self.headers.get("x-acs-signature-nonce", ""),
        )["Authorization"]
        given = self.headers.get("Authorization", "")
        return hmac.compare_digest(expected.encode(), given.encode("latin-1", "replace"))

    def _broken(self, fault: str) -> bool:
        """Whether the reply was spoilt."""
        bodies = {
            "garbage": b"<html>\xff\x00 502 Bad Gateway",
            "nested": b"[" * 100_000,
            "wrong_type": b'{"results": {"0": "valid"}, "Code": "OK", "Data": [1]}',
        }
        if fault in bodies:
            self._send(200, bodies[fault])
        elif fault == "huge":
            self._send(200, b'{"results": [' + b" " * (8 * 1024 * 1024) + b"]}")
        elif fault == "redirect":
            self._send(302, b"", ("Location", "http://127.0.0.1:1/"))
        elif fault == "drip":
            self._drip()
        elif fault == "hang":
            self.server.closing.wait(60)
        elif fault == "drop":
            self.close_connection = True
        return fault in bodies or fault in ("huge", "redirect", "drip", "hang", "drop")

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.server.closing.wait(0.1):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode(), ("Content-Type", "application/json"))

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True  # the caller had enough of a slow or huge reply

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses of the Alibaba shape hold numbers."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, options: Options) -> None:
        super().__init__((options.host, options.port), _Handler)
        self.options = options
        self.book = Book(options.fault, options.times or None, options.delay_ms)
        self.closing = threading.Event()


def _acs_data(action: str, number: str) -> dict[str, Any]:
    if action == "PhoneNumberStatusForSms":
        return {"Status": answers.ALIYUN_WORDS[answers.state(number)], "Carrier": answers.carrier(number)}
    if action == "DescribePhoneNumberOperatorAttribute":
        return {"Carrier": answers.carrier(number), "IsNumberPortability": answers.ported(number)}
    said = answers.reassigned(number)
    return {"VerifyResult": {True: "1", False: "2", None: "0"}[said], "Carrier": answers.carrier(number)}


def parse_options(arguments: Sequence[str]) -> Options:
    """The command line of `xinfeng simulate lookup`."""
    parser = argparse.ArgumentParser(
        prog="xinfeng simulate lookup",
        description="模拟号码检测服务商：通用接口与阿里云接口。 A simulated lookup provider: generic and Alibaba shapes.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7990, help="0: any free port")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--secret", default=SECRET)
    parser.add_argument("--fault", default="", choices=("", *FAULTS))
    parser.add_argument("--times", type=int, default=0, help="how many calls the fault lasts; 0: always")
    parser.add_argument("--delay-ms", type=int, default=0)
    return Options(**vars(parser.parse_args(arguments)))


def run(options: Options) -> None:
    """Serve until SIGINT or SIGTERM. The line `listening on HOST:PORT` on stdout says that it is ready."""
    server = _Server(options)

    def stop(*_: object) -> None:
        server.closing.set()
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    sys.stdout.write(f"listening on {options.host}:{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
