"""The family of errors. An error carries a stable code and parameters; words are added at the edge.

`hint` names what to do next and `kept` what was kept; both are codes too, so that every door can put them
into the reader's language. `str(error)` is for logs: code and parameters, never personal data.
"""

from __future__ import annotations

from typing import Any


class XinfengError(Exception):
    """Something a door must tell a person. `code` is stable: doors, clients and tests may rely on it."""

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({inner})" if inner else self.code


class InvalidInput(XinfengError):
    """What was given cannot be taken. Nothing was changed."""


class NotFound(XinfengError):
    """The thing asked for does not exist (or may not be seen)."""


class NotAllowed(XinfengError):
    """This person may not do that."""


class Conflict(XinfengError):
    """The thing is not in a state that allows this, or somebody was faster."""


class RefusedByPolicy(XinfengError):
    """A gate said no; `code` is the reason."""


class ProviderFailure(XinfengError):
    """A carrier or vendor failed. `retryable` says whether trying again can help."""

    def __init__(self, code: str, /, *, retryable: bool, **params: Any) -> None:
        super().__init__(code, **params)
        self.retryable = retryable


class ProtocolError(XinfengError):
    """A violation of a carrier protocol."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something the protocol does not allow."""


class LocalProtocolError(ProtocolError):
    """We tried something the protocol does not allow in this state."""
