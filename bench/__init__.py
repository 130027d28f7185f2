"""Measurements: how fast and how large Charrette is on this machine, beside a floor taken in the same run."""
