"""The one error family of malt_core: every message says what was wrong, what was expected, what to do."""


class MaltError(Exception):
    """Base of every error that a user's input, setting or machine can cause."""


class BadImage(MaltError):
    """The picture, or the array given as one, cannot be used."""


class BadConfig(MaltError):
    """A setting is out of range, or a name is unknown.

    setting: its name in Python, with which the message then begins; None where the error is of no single one.
    """

    def __init__(self, message: str, *, setting: str | None = None) -> None:
        super().__init__(message)
        self.setting = setting


class NotFinite(BadConfig):
    """Not one of the images has logits that are finite numbers, so there is nothing to attack."""


class ModelUnavailable(MaltError):
    """The model is known but cannot be loaded here (download failed, file damaged, package missing)."""


class EvaluationFailed(MaltError):
    """An evaluation cannot go on, since its workers are lost again and again."""


class MaltWarning(UserWarning):
    """What a result has to be read with: nothing went wrong, and its numbers may mean less than they say."""
