"""Starter: a rubric to begin from, for an organizer who writes a challenge for the first time."""

from challenges.rubrics import CriterionText, LevelText


def _levels(*descriptors: str) -> tuple[LevelText, ...]:
    titles = ("missing", "thin", "sound in part", "sound", "exemplary")
    return tuple(LevelText(title, descriptor) for title, descriptor in zip(titles, descriptors, strict=True))


STARTER = (
    CriterionText(
        "Requirements, constraints, assumptions, risks",
        20,
        _levels(
            "None of the four is stated; the design begins with products.",
            "Some are listed, without numbers to refer to and without effect on the design.",
            "All four are listed and numbered; several are never used again.",
            "All four are numbered, and most decisions name the ones that they answer.",
            "Every decision traces back to one of them, and every risk has an owner and a mitigation.",
        ),
        "Are they stated, numbered, and traced through the whole design?",
    ),
    CriterionText(
        "Conceptual, logical, physical",
        20,
        _levels(
            "One flat description; the layers cannot be told apart.",
            "The layers are named, but the physical one is a shopping list.",
            "Three layers are there; one of them does not follow from the layer above.",
            "Each layer follows from the one above, with few jumps.",
            "A reader can walk from any concept to the device that carries it, and back.",
        ),
        "Does each layer follow from the one above it?",
    ),
    CriterionText(
        "Decisions and their justification",
        25,
        _levels(
            "Choices are stated without any reason.",
            "Reasons are habits or product names.",
            "The main choices have reasons; alternatives and impact are not weighed.",
            "Choices are justified by requirements, with their impact and one alternative.",
            "Every important choice is weighed against alternatives, with its price and what would change it.",
        ),
        "WHY more than HOW.",
    ),
    CriterionText(
        "The five qualities",
        20,
        _levels(
            "Availability, manageability, performance, recoverability and security are not treated.",
            "One or two are mentioned in passing.",
            "Most are treated, with claims instead of figures.",
            "All five are treated, and the important ones are derived with figures.",
            "All five are derived, tested in thought against failures, and traded openly against each other.",
        ),
        "Availability, manageability, performance, recoverability, security.",
    ),
    CriterionText(
        "Narrative and diagrams",
        15,
        _levels(
            "The document cannot be followed.",
            "It can be followed with effort; diagrams decorate.",
            "The thread is there; some diagrams lack a legend or a job.",
            "A clear thread, and diagrams that each explain one thing.",
            "One thread from the brief to the build; every diagram has a legend and one job.",
        ),
        "Structure and completeness; never the English.",
    ),
)
