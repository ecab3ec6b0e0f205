"""Errors as they cross to the coordinator."""
import wire_pb2 as wire


class Failed(Exception):
    """`code` is one of Protocols/README.md's error codes; the message says what failed and what to do."""

    def __init__(self, code, message, retriable=False):
        super().__init__(message)
        self.code, self.retriable = code, retriable


def failure(error):
    if isinstance(error, Failed):
        return wire.Failure(code=error.code, message=str(error), retriable=error.retriable)
    return wire.Failure(code="internal", message=f"{type(error).__name__}: {error}")
