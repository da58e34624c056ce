"""What a code says about the number it was sent to: `channels.codes` read with the eyes of hygiene.

Only codes on whose meaning the publishers agree count as permanent: a wrong quarantine costs a customer. `UNDELIV`
alone is no verdict: a handset that is off gives it as well as a number that is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from xinfeng.channels import codes
from xinfeng.channels.codes import Action, CodeInfo, Phase
from xinfeng.hygiene.models import State
from xinfeng.hygiene.states import Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says, and what of it is about the number."""

    info: CodeInfo
    verdict: Verdict
    state: State

    def words(self, language: str = "zh") -> str:
        return self.info.meaning(language)


_LESSONS = {
    Action.DELIVERED: (Verdict.ALIVE, State.VALID),
    Action.NUMBER_DEAD: (Verdict.PERMANENT, State.NOT_EXISTING),
    Action.NUMBER_SUSPENDED: (Verdict.PERMANENT, State.OUT_OF_SERVICE),
    Action.NUMBER_UNREACHABLE: (Verdict.HANDSET, State.POWERED_OFF),
}
_NO_LESSON = (Verdict.NOTHING, State.UNKNOWN)


def meaning_of(code: str, kind: str = "", phase: str = Phase.RECEIPT) -> Meaning:
    """What a code of this kind of channel says; nothing for what nobody published, garbage included."""
    info = codes.explain(kind, code, phase=Phase(phase))
    return Meaning(info, *_LESSONS.get(info.action, _NO_LESSON))
