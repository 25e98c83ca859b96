"""Makes a file of what a command prints. The file is there whole or not at all, also where somebody else is at work.

Usage: python3 -I tools/lib/place.py keep|replace MODE NAME COMMAND [ARGUMENT...]
  keep, replace   whether a file of that name stays, which is an error, or gives way
  MODE            its permissions, in octal
  NAME            without a folder: it will be in the working directory

Root may be asked to write where another user may rename and remove whatever is there, and put symbolic links in its place.
So no path is resolved twice. The working directory is the hold on the folder: who swaps the folder for a link does not move
it. In it the new file is made by O_EXCL and O_NOFOLLOW under a name that nobody knows before, in the folder and not in
$TMPDIR, because only within one file system a name changes atomically; it is written and gets its permissions by its
descriptor. It gets its name by link(), which replaces nothing, or by rename(), which replaces what has the name, a symbolic
link itself and not what it leads to. Who swaps the new file for one of his own only gets that one renamed, in his folder.

Exit codes: the command's; 2 the file cannot be written. Then the last line on stderr says why.
"""
import contextlib
import errno
import os
import secrets
import signal
import subprocess
import sys

NO_LINKS = errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK  # of file systems such as FAT


def give_name(new, name, replace):
    if not replace:
        try:
            os.link(new, name, follow_symlinks=False)
            return
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))  # taken: now it is ours
    os.rename(new, name)


def place(replace, mode, name, command):
    new = f".tcpabort.{secrets.token_hex(4)}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        status = subprocess.run(command, stdout=descriptor, restore_signals=False).returncode
        if status == 0:
            os.fchmod(descriptor, mode)
            written = os.fstat(descriptor)
            os.close(descriptor)  # a full disk may show only now
            give_name(new, name, replace)
            if not os.path.samestat(written, os.lstat(name)):
                raise OSError(errno.EBUSY, "somebody else changed it while it was written")
        return status
    finally:
        with contextlib.suppress(OSError):
            os.unlink(new)


def main(what, mode, name, *command):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # which ends the command, and removes the new file
    try:
        return place(what == "replace", int(mode, 8), name, command)
    except FileExistsError:
        print("exists already (--force replaces it)", file=sys.stderr)
    except OSError as error:
        print(error.strerror, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
