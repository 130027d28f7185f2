"""A leash: a process that holds one ends with its parent, however the parent ended (Linux `PR_SET_PDEATHSIG`, SIGKILL).

`python -m app.leash PARENT_PID command …` puts the command on a leash and becomes it. The kernel ties
the leash to the *thread* that started the process, so leashed processes are started from a main thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
USAGE = "usage: python -m app.leash PARENT_PID command [argument …]"


def end_with_parent(parent: int) -> None:
    """From now on the kernel kills this process when its parent dies; it ends at once if that is dead already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it died between our birth and the call above
        sys.exit(1)


def main(words: list[str]) -> None:
    if len(words) < 2 or not words[0].isdigit():
        sys.exit(USAGE)
    # the supervisor blocks the signals that it waits for, and a mask is inherited
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    end_with_parent(int(words[0]))
    try:
        os.execvp(words[1], words[1:])  # noqa: S606 - that is what this module is for
    except OSError as error:
        print(f"{words[1]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
