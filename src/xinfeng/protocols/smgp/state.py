"""What both ends of an SMGP connection share: its messages, what may be said when, tests of the link, farewells."""

from __future__ import annotations

from xinfeng.protocols.smgp.bulk import decode_batch
from xinfeng.protocols.smgp.codec import encode
from xinfeng.protocols.smgp.layout import ID_WIDTH, Layout, layout_of
from xinfeng.protocols.smgp.messages import (
    BAD_STRUCTURE,
    ActiveTest,
    ActiveTestResp,
    Command,
    DeliverResp,
    Exit,
    ExitResp,
    Message,
    SubmitResp,
    Version,
)
from xinfeng.protocols.tested import TestedEnd, Words, may_receive
from xinfeng.protocols.traffic import Batch, Unreadable

_ALWAYS = {Command.ACTIVE_TEST, Command.ACTIVE_TEST_RESP, Command.EXIT, Command.EXIT_RESP}

CLIENT_MAY_RECEIVE = may_receive(
    always=_ALWAYS,
    first={Command.LOGIN_RESP, Command.DELIVER},  # some deliver before they have answered the login
    then={Command.SUBMIT_RESP, Command.DELIVER},
)
SERVER_MAY_RECEIVE = may_receive(
    always=_ALWAYS, first={Command.LOGIN}, then={Command.SUBMIT, Command.DELIVER_RESP}
)


class SmgpEnd(TestedEnd):
    """Either end."""

    _words = Words(
        prefix="smgp.", test=ActiveTest, test_answer=ActiveTestResp, farewell=Exit, farewell_answer=ExitResp
    )
    version: Version
    _layout: Layout

    def _speak(self, version: Version) -> None:
        """From now on this version."""
        self.version = version
        self._layout = layout_of(version)

    def _read(self, buffer: bytes, offset: int) -> Batch:
        return decode_batch(buffer, offset, self._layout, self._may_receive[self.state], self._farewell)

    def _refuse(self, message: Unreadable) -> None:
        sequence, msg_id = message.sequence, message.delivery_id.ljust(ID_WIDTH, b"\0")
        if message.command == Command.DELIVER:
            self._say(DeliverResp(sequence=sequence, msg_id=msg_id, status=BAD_STRUCTURE))
        elif message.command == Command.SUBMIT:
            self._say(SubmitResp(sequence=sequence, msg_id=msg_id, status=BAD_STRUCTURE))

    def _say(self, message: Message) -> None:
        self._output += encode(message, self.version)
