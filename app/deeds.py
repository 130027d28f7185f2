"""Deeds: how each trace of the history reads, as the end of a sentence that begins with a name."""

from challenges.history import MARKED, Trace

DEEDS = {
    "season.created": "created the season",
    "season.described": "changed the season’s title, story or dates",
    "season.announced": "announced the season",
    "season.rules_set": "chose format and tie rule",
    "season.finished": "ended the season",
    "season.archived": "archived the season",
    "story.told": "told the story in chapters ({chapters})",
    "sponsors.named": "named the sponsors ({sponsors})",
    "poster.hung": "put up a poster",
    "poster.told": "changed what is said of the poster",
    "poster.taken_down": "took the poster down",
    "season.cloned": "made this season from {origin}",
    "season.imported": "made this season from a file",
    "role.granted": "named {person} {kind}",
    "role.ended": "ended the role of {person} as {kind}",
    "role.invited": "invited {person} to be {role}",
    "role.accepted": "accepted the invitation to be {role}",
    "role.declined": "declined the invitation to be {role}",
    "role.invitation_withdrawn": "withdrew the invitation of {person} to be {role}",
    "challenge.drafted": "drafted challenge {number}",
    "challenge.redrafted": "changed the draft of challenge {number}",
    "challenge.scheduled": "scheduled the release of challenge {number}",
    "challenge.held": "put challenge {number} on hold until the evening",
    "challenge.unscheduled": "took challenge {number} off the schedule",
    "challenge.released": "released challenge {number}",
    "brief.written": "wrote the brief of challenge {challenge}",
    "brief.amended": "amended the brief of challenge {challenge} (amendment {amendment})",
    "team.founded": "founded the team {name}",
    "team.invited": "invited somebody to the team {name}",
    "team.joined": "joined the team {name}",
    "team.invitation_withdrawn": "withdrew an invitation to the team {name}",
    "team.described": "changed whom the team {name} works for or who supports it",
    "team.renamed": "renamed the team {before} to {name}",
    "team.handed_over": "handed the lead of the team {name} to {person}",
    "team.member_removed": "removed {person} from the team {name}",
    "team.left": "left the team {name}",
    "terms.written": "wrote version {number} of the {what}",
    "terms.accepted": "accepted version {number} of the {what}",
    "consent.given": "agreed to be recorded",
    "consent.refused": "asked not to be recorded",
    "question.asked": "added question {number} to the entry form",
    "question.reworded": "changed question {number} of the entry form",
    "question.closed": "closed question {number} of the entry form",
    "entry.entered": "entered the season with the team {team}",
    "entry.withdrawn": "withdrew the team {team} from the season",
    "upload.began": "began to upload {file}",
    "upload.removed": "took the upload {file} off the list",
    "submission.handed_in": "handed in version {version} for challenge {challenge}",
    "panel.assigned": "changed the panel of challenge {challenge} (new readings: {readings})",
    "assignment.ended": "ended the assignment of a reading in challenge {challenge}",
    "scoresheet.opened": "began a scoresheet of challenge {challenge}",
    MARKED: "wrote on a scoresheet",
    "scoresheet.handed_in": "handed in a scoresheet of challenge {challenge}",
    "scoresheet.reopened": "took back a scoresheet of challenge {challenge}",
    "results.confirmed": "confirmed the results of challenge {challenge} (leaving: {leave})",
    "results.unconfirmed": "undid the confirmation of the results of challenge {challenge}",
    "feedback.scheduled": "set when the results of challenge {challenge} are public (packets: {packets})",
    "feedback.held": "prepared the results of challenge {challenge} and put them on hold (packets: {packets})",
    "feedback.released": "released the results of challenge {challenge} (packets: {packets})",
    "feedback.taken_back": "took back the release of the results of challenge {challenge}",
    "deadline.extended": "gave the team {team} {minutes} more minutes for challenge {challenge}",
    "deadline.moved": "moved the due instant of challenge {challenge} by {minutes} minutes, for everybody",
    "amendment.acknowledged": "acknowledged amendment {amendment} of challenge {challenge}",
    "swap.drawn": "drew who goes on from whose design in challenge {challenge} (entries: {entries})",
    "clarification.asked": "took in a question about challenge {challenge}",
    "clarification.confided": "took in a personal matter in challenge {challenge}",
    "clarification.proposed": "gave organizers an answer to a question about challenge {challenge}",
    "clarification.answered": "answered a question about challenge {challenge} for everybody",
    "clarification.replied": "answered a personal matter in challenge {challenge}",
    "clarification.merged": "merged two questions about challenge {challenge}",
    "mailing.written": "wrote a mail to many: {subject}",
    "mailing.edited": "changed the text of a mail to many: {subject}",
    "mailing.stopped": "stopped a mail to many: {subject}",
    "mailing.started": "let a stopped mail go out again: {subject}",
    "mailing.scheduled": "planned a mail to many: {subject}",
    "mailing.discarded": "threw away a mail to many: {subject}",
    "mailing.sent": "sent a mail to many: {subject} (people: {people})",
    "mailing.missed": "could not send a mail in time: {subject}",
    "letter.tried_again": "had a mail to {to} sent again",
    "person.signed_in": "signed in",
}


class Unsaid(dict[str, object]):
    """Facts, of which an older trace may lack one."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(trace: Trace) -> str:
    """What was done. A deed that has no sentence yet is told by its own name: `mark.spilt` as “mark spilt”."""
    told = DEEDS.get(trace.deed)
    return told.format_map(Unsaid(trace.facts)) if told else trace.deed.replace(".", " ").replace("_", " ")
