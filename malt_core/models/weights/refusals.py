"""Why a file of weights was refused, in words that never advise to load it without checks. Needs no torch."""

from __future__ import annotations

import pickle
import re

FOREIGN = "it holds more than weights, and unpacking that could run foreign code"
DAMAGED = "it is damaged, or holds something else than weights"
_SHOWN = 300  # signs of somebody else's message

# How torch's unpickler and numpy say that a file asks for code ...
_ASKS_FOR_CODE = re.compile(
    r"Unsupported (global|class|operand)|not an allowed global|is blocked"
    r"|Trying to (call|instantiate|set|load)|Can only (create|build) "
    r"|pickled data when allow_pickle|TorchScript archive",
    re.IGNORECASE,
)
# ... and what they, or who repeats them, advise to do about it.
_ADVICE = re.compile(
    r"weights_only|weights only|allow_pickle|safe_globals|allowlist|arbitrary code|\btrust(ed|worthy)?\b"
    r"|unsafe|torch\.jit\.load|TORCH_FORCE",
    re.IGNORECASE,
)


def why_not(error: BaseException) -> str:
    """Return why a file did not load, in one line: the error's own words, or ours where those are dangerous.

    Torch and numpy advise to load what they refuse once more, without their checks. That is never handed on,
    whoever wrote it: the file may come from anybody. Raise what is made of it `from None`, or a traceback
    shows the advice all the same.
    """
    texts, cause = [], error
    while cause is not None and len(texts) < 10:
        texts.append(str(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    whole = "\n".join(texts)
    if _ASKS_FOR_CODE.search(whole) and (_ADVICE.search(whole) or isinstance(error, pickle.UnpicklingError)):
        return FOREIGN
    if _ADVICE.search(whole) or isinstance(error, pickle.UnpicklingError):
        return DAMAGED
    return next(iter(texts[0].strip().splitlines()), type(error).__name__).rstrip(".:")[:_SHOWN]


def gives_advice(text: str) -> bool:
    """Return whether a message of another package says how to load a file without checks."""
    return _ADVICE.search(text) is not None
