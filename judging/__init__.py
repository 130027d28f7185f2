"""How submissions are judged: panels, scoresheets, standings and the feedback that goes back."""
