"""The web, the worker and the command line: knows everything, nothing knows it."""

__version__ = "0.1.0"
