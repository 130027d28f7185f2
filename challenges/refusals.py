"""How the domain says no: a sentence for people, or nothing at all."""


class Refusal(Exception):
    """What was asked cannot be done, and why, in a sentence for the person who asked.

    `field` names the input beside which the sentence belongs. Raising it rolls the request back.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Conflict(Refusal):
    """Somebody changed the same thing meanwhile; both texts are still there."""


class TooMany(Refusal):
    """Asked too often; try again after `seconds`."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotYours(Exception):
    """It does not exist for this person, whether or not it exists."""
