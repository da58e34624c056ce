"""What both ends of a CMPP connection share: its messages, what may be said when, tests of the link, farewells."""

from __future__ import annotations

from xinfeng.protocols.cmpp.bulk import decode_batch
from xinfeng.protocols.cmpp.codec import encode
from xinfeng.protocols.cmpp.layout import Layout, layout_of
from xinfeng.protocols.cmpp.messages import (
    BAD_STRUCTURE,
    ActiveTest,
    ActiveTestResp,
    Command,
    DeliverResp,
    Message,
    SubmitResp,
    Terminate,
    TerminateResp,
    Version,
)
from xinfeng.protocols.tested import TestedEnd, Words, may_receive
from xinfeng.protocols.traffic import Batch, Unreadable

_ALWAYS = {Command.ACTIVE_TEST, Command.ACTIVE_TEST_RESP, Command.TERMINATE, Command.TERMINATE_RESP}

CLIENT_MAY_RECEIVE = may_receive(
    always=_ALWAYS,
    first={Command.CONNECT_RESP, Command.DELIVER},  # some deliver before they have answered the login
    then={Command.SUBMIT_RESP, Command.DELIVER},
)
SERVER_MAY_RECEIVE = may_receive(
    always=_ALWAYS, first={Command.CONNECT}, then={Command.SUBMIT, Command.DELIVER_RESP}
)


class CmppEnd(TestedEnd):
    """Either end."""

    _words = Words(
        prefix="cmpp.",
        test=ActiveTest,
        test_answer=ActiveTestResp,
        farewell=Terminate,
        farewell_answer=TerminateResp,
    )
    version: Version
    _layout: Layout

    def _speak(self, version: Version) -> None:
        """From now on this version."""
        self.version = version
        self._layout = layout_of(version)

    def _read(self, buffer: bytes, offset: int) -> Batch:
        return decode_batch(buffer, offset, self._layout, self._may_receive[self.state])

    def _refuse(self, message: Unreadable) -> None:
        sequence, msg_id = message.sequence, message.delivery_id.ljust(8, b"\0")
        if message.command == Command.DELIVER:
            self._say(DeliverResp(sequence=sequence, msg_id=msg_id, result=BAD_STRUCTURE))
        elif message.command == Command.SUBMIT:
            self._say(SubmitResp(sequence=sequence, msg_id=msg_id, result=BAD_STRUCTURE))

    def _say(self, message: Message) -> None:
        self._output += encode(message, self.version)
