"""Rubric form: the criteria that somebody wrote in a form, wherever it stands."""

from app.forms import Form
from challenges.rubrics import CriterionText, LevelText

CRITERION_DEFAULTS = ("weight",)
"""What an empty row of the form holds already, and so says nothing of what somebody wrote."""


def criteria_in(form: Form) -> list[CriterionText]:
    """Rows that were left empty are left out."""
    return [
        CriterionText(
            row.text("title", 200), row.number("weight"),
            tuple(LevelText(level.text("title", 200), level.text("descriptor")) for level in row.rows("level")),
            row.text("guidance"),
        )
        for row in form.rows("criteria", besides=CRITERION_DEFAULTS)
    ]  # fmt: skip
