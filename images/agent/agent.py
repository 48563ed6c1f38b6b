"""The guest agent: process 1 of a runner container.

It imports what the image's recipe lists, says that it is ready, blocks on stdin until the one job arrives,
runs the submission as `__main__`, and reports how it ended. PROTOCOL.md in this folder is the contract with
the broker.

    agent.py [WORKSPACE [CONFIG]]

Both arguments are for tests; in an image the agent is started without.

The agent and the submission share one interpreter, so nothing here is a security boundary: a submission that
wants to can forge or withhold the report. The broker treats the report as the submission's own claim. What
the agent does take care of is that an ordinary program, however it ends, sees what CPython would show it.
"""

import _thread
import atexit
import binascii
import fcntl
import gc
import io
import json
import linecache
import os
import resource
import signal
import stat
import sys
import threading
import time
import traceback
import types

PROTOCOL = 1
WORKSPACE = "/workspace"
CONFIG = "/usr/lib/sallyport/agent.json"
OUTPUT_FOLDER = "output"
FILENAME = "<submission>"  # In tracebacks, sys.argv[0] and __file__.

EXIT_BAD_JOB = 70  # EX_SOFTWARE: the job could not be run; stderr says why, there is no trailer.

MAX_JOB_BYTES = 256 * 1024 * 1024
MAX_READY_BYTES = 64 * 1024
MAX_MESSAGE_CHARS = 4096
MAX_TYPE_CHARS = 256
MAX_NOTES = 32
MAX_ARTIFACT_DEPTH = 16
MAX_ARTIFACT_PATH_BYTES = 1024
MAX_OUTPUT_ENTRIES = 10_000  # Names looked at in the output folder.

MIB = 1024 * 1024
# The sandbox's kernel lives in the container's memory limit too. Measured at 128 MiB: with 48 MiB left to it
# a greedy program gets a MemoryError, with 16 MiB the kernel of the host kills the whole sandbox.
SANDBOX_KERNEL_BYTES = 48 * MIB
MIN_PROGRAM_BYTES = 16 * MIB
RESERVE_BYTES = 4 * MIB  # Given back after an exception, so that a MemoryError can be reported.

ALL_SIGNALS = signal.valid_signals()

LIVE_LINES = 100  # Lines that stdout passes on at once before it begins to pace itself,
LIVE_LINES_PER_SECOND = 100  # and those it earns back with time.


class BadJob(Exception):
    """The job cannot be run, and that is not the submission's doing."""


class Ending:
    """How the submission ended, in the terms of the trailer."""

    def __init__(self, outcome, exit_code=0, exception=None):
        self.outcome = outcome
        self.exit_code = exit_code
        self.exception = exception


# --- Before the job -------------------------------------------------------------------------------------


class PrivateStream:
    """A duplicate of stdout or stderr under a high number, for the trailer: a submission may close its own."""

    def __init__(self, fd):
        self._original = fd
        self._number = fd
        try:
            highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1024)
            self._number = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, max(highest - 8, 3))
            self._identity = _identity(self._number)
        except (OSError, ValueError):
            self._identity = None

    def fd(self):
        """The duplicate; a new one of the original if the submission closed or reused the number."""
        try:
            if self._identity is not None and _identity(self._number) == self._identity:
                return self._number
        except OSError:
            pass
        return os.dup(self._original)


def _identity(fd):
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def load_config(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def import_ahead(modules):
    """Imports `modules`. Returns those that worked, and {name: error} of those that did not."""
    imported, errors = [], {}
    for name in modules:
        try:
            __import__(name)
            imported.append(name)
        except BaseException as error:  # Whatever it is, the image still runs programs that do without.
            errors[name] = "%s: %s" % (type(error).__name__, str(error)[:500])
    return imported, errors


def import_quietly(modules):
    """import_ahead with stdout and stderr shut: before the job nothing but the ready frame may appear."""
    if not modules:
        return [], {}
    kept = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        os.dup2(null, 2)
        return import_ahead(modules)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, fd in zip((1, 2), kept):
            os.dup2(fd, number)
            os.close(fd)
        os.close(null)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def frame(prefix, body):
    return prefix + len(body).to_bytes(4, "big") + body


def send_ready(imported, errors):
    report = {"protocol": PROTOCOL, "python": sys.version.split()[0], "imported": imported}
    body = json.dumps(dict(report, import_errors=errors)).encode()
    if len(body) > MAX_READY_BYTES:
        body = json.dumps(dict(report, import_errors={"...": "too many to list"})).encode()
    write_all(1, frame(b"SALLYPORT-READY ", body))


# --- The job --------------------------------------------------------------------------------------------


def read_exactly(count, data=b""):
    """`data` and what follows on stdin, `count` bytes in all (never more: nothing follows the job)."""
    pieces = [data]
    missing = count - len(data)
    while missing > 0:
        piece = os.read(0, min(missing, MIB))
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)[:count]


def read_job():
    """The job, or None if the broker closed stdin without one."""
    start = os.read(0, 65536)
    if not start:
        return None
    start = read_exactly(4, start) if len(start) < 4 else start
    if len(start) < 4:
        raise BadJob("the job's length is cut short")
    length = int.from_bytes(start[:4], "big")
    if length > MAX_JOB_BYTES:
        raise BadJob("a job of %d bytes is longer than %d" % (length, MAX_JOB_BYTES))
    body = read_exactly(length, start[4:])
    if len(body) < length:
        raise BadJob("the job is cut short: %d of %d bytes" % (len(body), length))
    try:
        job = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadJob("the job is not JSON: %s" % error) from None
    check_job(job)
    return job


def check_job(job):
    if not isinstance(job, dict):
        raise BadJob("the job is not an object")
    if job.get("protocol") != PROTOCOL:
        raise BadJob("protocol %r, this agent speaks %d" % (job.get("protocol"), PROTOCOL))
    nonce = job.get("nonce")
    if not isinstance(nonce, str) or len(nonce) != 32 or not set(nonce) <= set("0123456789abcdefABCDEF"):
        raise BadJob("'nonce' is not 32 hexadecimal digits")
    for key, kind, default in (
        ("code", str, None),
        ("context", dict, {}),
        ("stdin", str, ""),
        ("files", list, []),
        ("limits", dict, {}),
        ("artifacts", dict, {}),
    ):
        if not isinstance(job.setdefault(key, default), kind):
            raise BadJob("'%s' is missing or of the wrong type" % key)
    for group in ("limits", "artifacts"):
        for key, value in job[group].items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
                raise BadJob("'%s.%s' is not a number of zero or more" % (group, key))


def place_files(folder, files):
    for file in files:
        path = file.get("path") if isinstance(file, dict) else None
        if not isinstance(path, str) or not _is_safe_path(path):
            raise BadJob("unsafe file path %r" % (path,))
        try:
            content = binascii.a2b_base64(file["content_base64"])
        except (KeyError, TypeError, ValueError):
            raise BadJob("file %r has no proper base64 content" % path) from None
        try:
            full = os.path.join(folder, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            fd = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                write_all(fd, content)
            finally:
                os.close(fd)
        except (OSError, UnicodeError) as error:
            raise BadJob("file %r cannot be placed: %s" % (path, error)) from None


def _is_safe_path(path):
    parts = path.split("/")
    return "\0" not in path and not any(part in ("", ".", "..") for part in parts)


def replace_stdin(text):
    """Makes fd 0 a file with `text`. The broker's pipe is gone for the submission and its children."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = text.encode("utf-8", "surrogatepass")
    fd = _unnamed_file("stdin", data)
    os.dup2(fd, 0, inheritable=True)
    os.close(fd)
    sys.stdin = sys.__stdin__ = _standard_stream(
        open(0, "rb", closefd=False), "<stdin>", "r", io.TextIOWrapper, "surrogateescape"
    )


def _unnamed_file(name, data):
    """The descriptor of a file without a name that holds `data`, at its beginning."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create(name, os.MFD_CLOEXEC)
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    if data:
        write_all(fd, data)
        os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _standard_stream(buffer, name, mode, kind, errors, **options):
    """A text stream that looks like the one CPython makes at start: name, mode, encoding."""
    if isinstance(buffer, (io.BufferedReader, io.BufferedWriter)) and isinstance(buffer.raw, io.FileIO):
        buffer.raw.name = name
    stream = kind(buffer, encoding="utf-8", errors=errors, **options)
    stream.mode = mode
    return stream


class LiveOutput(io.TextIOWrapper):
    """stdout. Passes each line on at once, until there are so many that it would slow the program down.

    CPython would hold back 8 KiB on a pipe, and a program that is killed at its time limit would lose them.
    But a write costs 100 microseconds in gVisor, a buffered line half of one: so lines beyond a burst of
    LIVE_LINES, and faster than LIVE_LINES_PER_SECOND, wait in the buffer.
    """

    _credit = float(LIVE_LINES)
    _updated = 0.0

    def write(self, text, _write=io.TextIOWrapper.write, _now=time.monotonic):
        count = _write(self, text)
        if "\n" in text:
            now = _now()
            credit = self._credit + (now - self._updated) * LIVE_LINES_PER_SECOND
            self._updated = now
            if credit >= 1.0:
                self._credit = min(credit, LIVE_LINES) - 1.0
                self.flush()
            else:
                self._credit = credit
        return count


def make_stdout_live():
    buffer = sys.stdout.detach()
    sys.stdout = sys.__stdout__ = _standard_stream(buffer, "<stdout>", "w", LiveOutput, "surrogateescape", newline="\n")


def set_limits(limits):
    """Sets the limits of the job on this process and its children to come; a limit not named is not set."""

    def limit(what, soft, hard=None):
        ceiling = resource.getrlimit(what)[1]
        values = [int(value) for value in (soft, soft if hard is None else hard)]
        if ceiling != resource.RLIM_INFINITY:
            values = [min(value, ceiling) for value in values]
        resource.setrlimit(what, tuple(values))

    if "cpu_seconds" in limits:
        # What the imports before the job used is not the submission's. SIGXCPU comes first, then SIGKILL.
        seconds = -int(-(limits["cpu_seconds"] + time.process_time()) // 1)
        limit(resource.RLIMIT_CPU, max(seconds, 1), max(seconds, 1) + 1)
    if "max_file_mb" in limits:
        limit(resource.RLIMIT_FSIZE, limits["max_file_mb"] * MIB)
    if "max_open_files" in limits:
        limit(resource.RLIMIT_NOFILE, limits["max_open_files"])
    limit(resource.RLIMIT_CORE, 0)
    if "memory_mb" in limits:
        size, resident = memory_now()
        room = max(MIN_PROGRAM_BYTES, limits["memory_mb"] * MIB - resident - SANDBOX_KERNEL_BYTES)
        # gVisor does not count mmap in RLIMIT_DATA, so the address space has to be the limit.
        limit(resource.RLIMIT_AS, size + room)
        limit(resource.RLIMIT_DATA, size + room)
    if "max_processes" in limits:
        limit(resource.RLIMIT_NPROC, limits["max_processes"])


def memory_now():
    """Bytes of address space and of resident memory of this process."""
    with open("/proc/self/statm", "rb") as file:
        pages = file.read().split()
    size = resource.getpagesize()
    return int(pages[0]) * size, int(pages[1]) * size


# --- Tracebacks -----------------------------------------------------------------------------------------


class ErrorPrinter:
    """Prints uncaught exceptions as CPython prints those of a script: with source lines, without the agent.

    CPython before 3.13 prints in C, which shows no source lines of a file that does not exist; the module
    traceback does, but before 3.12 it lacks "Did you mean: ...", which then is taken from what C prints.
    """

    def __init__(self, code):
        self._suggests_in_c = sys.version_info < (3, 12)
        self._c_hook = sys.excepthook
        linecache.cache[FILENAME] = (len(code), None, [line + "\n" for line in code.split("\n")], FILENAME)

    def install(self):
        sys.excepthook = sys.__excepthook__ = self.excepthook
        threading.excepthook = threading.__excepthook__ = self.thread_excepthook
        sys.unraisablehook = sys.__unraisablehook__ = self.unraisablehook

    def excepthook(self, kind, error, trace, /):
        """Handle an exception by displaying it with a traceback on sys.stderr."""
        self._print("", error, trace)

    def thread_excepthook(self, arguments, /):
        """Handle uncaught Thread.run() exception."""
        if arguments.exc_type is SystemExit:
            return
        thread = arguments.thread
        name = threading.get_ident() if thread is None else thread.name
        self._print("Exception in thread %s:\n" % name, arguments.exc_value, arguments.exc_traceback)

    def unraisablehook(self, unraisable, /):
        """Handle an unraisable exception."""
        title = unraisable.err_msg or "Exception ignored in"
        if unraisable.object is not None:
            try:
                title += ": " + repr(unraisable.object)
            except Exception:
                title += ": <object repr() failed>"
        self._print(title + "\n", unraisable.exc_value, unraisable.exc_traceback)

    def describe(self, error):
        """The trailer's `exception` for `error`."""
        kind = type(error)
        try:
            message = self._headline(error)
        except Exception:
            message = kind.__name__
        return {
            "type": str(kind.__name__)[:MAX_TYPE_CHARS],
            "message": message[:MAX_MESSAGE_CHARS],
            "line": line_of(error),
        }

    def _print(self, title, error, trace):
        if sys.stderr is None:
            return
        text = "".join(traceback.format_exception(type(error), error, trace))
        if self._may_have_suggestion(error):
            plain = _plain_headline(error)
            before, found, after = text.rpartition("\n" + plain + "\n")
            if found:
                text = before + "\n" + self._headline(error) + "\n" + after
        sys.stderr.write(title + text)
        sys.stderr.flush()

    def _may_have_suggestion(self, error):
        return self._suggests_in_c and isinstance(error, (NameError, AttributeError))

    def _headline(self, error):
        """The traceback's line that names `error`: its first, if the message has several."""
        plain = _plain_headline(error)
        if not self._may_have_suggestion(error):
            return plain
        kept, sys.stderr = sys.stderr, io.StringIO()
        try:
            self._c_hook(type(error), error, error.__traceback__)
            printed = sys.stderr.getvalue().split("\n")
        finally:
            sys.stderr = kept
        return next((line for line in reversed(printed) if line.startswith(plain)), plain)


def _plain_headline(error):
    lines = traceback.format_exception_only(type(error), error)
    return next(line for line in lines if line[:1].strip()).rstrip("\n").split("\n", 1)[0]


def line_of(error):
    """The submission's line where `error` came from, or None."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None and isinstance(error, SyntaxError) and error.filename == FILENAME:
        line = error.lineno
    return line if isinstance(line, int) else None


def without_agent(trace):
    """The traceback from the first frame that is not the agent's."""
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return trace


def print_error(error):
    """What CPython does with an uncaught exception. Returns the exit status if the hook ended with one."""
    arguments = (type(error), error, error.__traceback__)
    hook = getattr(sys, "excepthook", None) or sys.__excepthook__
    try:
        hook(*arguments)
        return None
    except SystemExit as stop:
        return exit_status(stop)
    except BaseException as failure:
        failure.__context__ = None
        failure.__traceback__ = without_agent(failure.__traceback__)
    if hook is sys.__excepthook__:
        return None  # stderr cannot be written: there is nobody to tell.
    try:
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(failure), failure, failure.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(*arguments)
    except BaseException:
        pass
    return None


# --- Running --------------------------------------------------------------------------------------------


def new_main(context):
    """A fresh `__main__` with `context` in it, in place of the agent's own."""
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], __file__=FILENAME, __cached__=None, context=context)
    sys.modules["__main__"] = main
    return main


def normalised(code):
    """The code as the file reader of CPython would give it: no byte order mark, newlines alike."""
    if code.startswith("\ufeff"):
        code = code[1:]
    if "\r" in code:
        code = code.replace("\r\n", "\n").replace("\r", "\n")
    return code


def run(code, main, printer, reserve):
    """Runs the code to its end, prints what CPython would print. Returns the Ending."""
    error = None
    try:
        exec(compile(code, FILENAME, "exec", dont_inherit=True), main.__dict__)
    except BaseException as caught:
        error = caught
    reserve.clear()
    if error is None:
        return Ending("returned")
    if isinstance(error, SystemExit):
        return Ending("exit", exit_status(error))
    try:
        error.__traceback__ = without_agent(error.__traceback__)
        status = print_error(error)
        if status is not None:
            return Ending("exit", status)
        return Ending("exception", 1, printer.describe(error))
    except MemoryError:
        return Ending("exception", 1, {"type": "MemoryError", "message": "MemoryError", "line": None})
    finally:
        error.__traceback__ = None  # Lets go of the frames, and of all that they hold.


def exit_status(stop):
    """The exit status that CPython gives for a SystemExit; prints it if it is a message."""
    code = stop.code
    if code is None:
        return 0
    if isinstance(code, int):
        # CPython's C code turns a number that does not fit a long into -1.
        return code & 0xFF if -(2**63) <= code < 2**63 else 0xFF
    try:
        if sys.stderr is not None:
            print(code, file=sys.stderr)
    except BaseException:
        pass
    return 1


def finish_like_cpython(main):
    """The ending of a Python program: threads, atexit handlers, open files, objects' own endings."""
    for step in (threading._shutdown, atexit._run_exitfuncs, stop_other_processes, lambda: release(main)):
        try:
            step()
        except BaseException:
            pass  # Printed already, by the step itself.


def release(main):
    """Empties the submission's namespace in CPython's order, so that its open files reach the disk."""
    threading.excepthook = lambda arguments: None  # Daemon threads now stumble over what is taken away.
    names = [name for name in main.__dict__ if isinstance(name, str) and name != "__builtins__"]
    for name in sorted(names, key=_is_private, reverse=True):
        main.__dict__[name] = None
    gc.collect()  # Cheap: everything older than the job is frozen.


def _is_private(name):
    return name.startswith("_") and not name.startswith("__")


def stop_other_processes():
    """As process 1, ends what the submission left running, as the end of process 1 would anyway."""
    if os.getpid() == 1:
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass


def flush_outputs(*streams):
    for stream in (sys.stdout, sys.stderr) + streams:
        try:
            stream.flush()
        except BaseException:  # Closed, replaced, or None.
            pass


# --- Artifacts ------------------------------------------------------------------------------------------


class Artifacts:
    """Collects the files of the output folder, within bounds. What is left out is noted."""

    def __init__(self, folder, max_count, max_bytes):
        self.files = []  # (path, content)
        self.notes = []
        self._folder = folder
        self._count_left = self._max_count = int(max_count)
        self._bytes_left = self._max_bytes = int(max_bytes)
        self._entries_left = MAX_OUTPUT_ENTRIES

    def note(self, path, why):
        if len(self.notes) < MAX_NOTES:
            self.notes.append("left out %s: %s" % (ascii(path)[1:-1][:200], why))
        elif len(self.notes) == MAX_NOTES:
            self.notes.append("left out more")

    def collect(self):
        if os.path.islink(self._folder):
            self.note(OUTPUT_FOLDER, "the output folder is a symbolic link")
            return
        for path, full in sorted(self._walk("", self._folder, 1)):
            self._take(path, full)

    def _walk(self, prefix, folder, depth):
        """Yields (path, full path) of everything in `folder` that is not a folder."""
        try:
            with os.scandir(folder) as listing:
                entries = []
                for entry in listing:
                    if not self._entries_left:
                        self.note(prefix or OUTPUT_FOLDER, "more than %d entries" % MAX_OUTPUT_ENTRIES)
                        break
                    self._entries_left -= 1
                    entries.append((entry.name, entry.is_dir(follow_symlinks=False)))
        except FileNotFoundError:
            return
        except OSError as error:
            self.note(prefix or OUTPUT_FOLDER, error.strerror)
            return
        for name, is_folder in sorted(entries):
            path = prefix + name
            if not is_folder:
                yield path, os.path.join(folder, name)
            elif depth == MAX_ARTIFACT_DEPTH:
                self.note(path, "deeper than %d folders" % MAX_ARTIFACT_DEPTH)
            else:
                yield from self._walk(path + "/", os.path.join(folder, name), depth + 1)

    def _take(self, path, full):
        refusal = _bad_name(path)
        if refusal:
            return self.note(path, refusal)
        if not self._count_left:
            return self.note(path, "more than %d files" % self._max_count)
        try:
            content = self._read(full)
        except OSError as error:
            return self.note(path, error.strerror)
        except MemoryError:
            return self.note(path, "not enough memory to read it")
        if content is None:
            return self.note(path, "not a regular file")
        if len(content) > self._bytes_left:
            return self.note(path, "larger than what is left of %d bytes" % self._max_bytes)
        self._count_left -= 1
        self._bytes_left -= len(content)
        self.files.append((path, content))

    def _read(self, full):
        """The file's content, at most one byte more than is left; None if it is no regular file."""
        if not stat.S_ISREG(os.lstat(full).st_mode):
            return None
        fd = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                return None
            # The size only serves to refuse early; what counts is what is read.
            missing = min(status.st_size, self._bytes_left) + 1
            pieces = []
            while missing:
                piece = os.read(fd, min(missing, MIB))
                if not piece:
                    break
                pieces.append(piece)
                missing -= len(piece)
            return b"".join(pieces)
        finally:
            os.close(fd)


def _bad_name(path):
    try:
        encoded = path.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if len(encoded) > MAX_ARTIFACT_PATH_BYTES:
        return "its name is longer than %d bytes" % MAX_ARTIFACT_PATH_BYTES
    if any(char < " " or "\x7f" <= char < "\xa0" for char in path):
        return "its name has control characters"
    return None


# --- The trailer ----------------------------------------------------------------------------------------


class Usage:
    """CPU time since now, and peak memory, of this process and the children it waited for."""

    def __init__(self):
        self._before = self._cpu()

    @staticmethod
    def _cpu():
        rows = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(row.ru_utime + row.ru_stime for row in rows)

    def report(self):
        peak = max(
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return {"cpu_seconds": round(self._cpu() - self._before, 6), "max_rss_kb": peak}


def trailer_pieces(ending, artifacts, usage):
    """The trailer's JSON as a list of byte strings. Contents are encoded later, one after the other."""
    head = {"outcome": ending.outcome, "exit_code": ending.exit_code, "exception": ending.exception}
    tail = {"notes": artifacts.notes, "usage": usage.report()}
    pieces = [json.dumps(head)[:-1].encode() + b', "artifacts": [']
    for index, (path, content) in enumerate(artifacts.files):
        entry = json.dumps({"path": path, "size": len(content)})[:-1]
        pieces.append((", " if index else "").encode() + entry.encode() + b', "content_base64": "')
        pieces.append(content)
        pieces.append(b'"}')
    pieces.append(b"], " + json.dumps(tail)[1:].encode())
    return pieces


BASE64_CHUNK = 3 * 64 * 1024  # A multiple of 3, so that chunks join to one text.


def send_trailer(fd, nonce, pieces):
    """`pieces` alternate: JSON text, content, JSON text, content's end and so on (see trailer_pieces)."""
    contents = range(2, len(pieces) - 1, 3)
    length = sum(
        (len(piece) + 2) // 3 * 4 if index in contents else len(piece) for index, piece in enumerate(pieces)
    )
    waiting = nonce + length.to_bytes(4, "big")
    for index, piece in enumerate(pieces):
        if index not in contents:
            waiting += piece
            continue
        for start in range(0, len(piece), BASE64_CHUNK):
            write_all(fd, waiting)
            waiting = binascii.b2a_base64(piece[start : start + BASE64_CHUNK], newline=False)
    write_all(fd, waiting)


def make_reporter(job, streams, output_folder, usage):
    """Returns report(ending): writes both trailers and ends the process. The nonce lives in it alone."""
    nonce = bytes.fromhex(job.pop("nonce"))
    bounds = job["artifacts"]
    max_count, max_bytes = bounds.get("max_count", 0), bounds.get("max_bytes", 0)
    busy = threading.RLock()
    begun = []
    real_exit = os._exit

    def write(ending):
        stdout, stderr = (stream.fd() for stream in streams)
        silence_threads()
        artifacts = Artifacts(output_folder, max_count, max_bytes)
        artifacts.collect()
        pieces = trailer_pieces(ending, artifacts, usage)
        for fd in (stderr, stdout):
            os.set_blocking(fd, True)  # The submission may have changed it.
        write_all(stderr, frame(nonce, b""))
        send_trailer(stdout, nonce, pieces)

    def report(ending):
        busy.acquire()  # Another thread that comes here waits for the end of the process.
        try:
            if not begun:
                begun.append(True)
                calm_interpreter()
                write(ending)
        except BaseException:
            pass  # No trailer then, or half of one: the broker goes by what the engine says.
        finally:
            real_exit(ending.exit_code & 0xFF)

    return report


def silence_threads():
    """Cuts daemon threads off from the output, so that they cannot write into the trailer."""
    if _thread._count():
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.close(null)


def calm_interpreter():
    """Undoes what a submission may have set on the interpreter that would disturb the agent's end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ALL_SIGNALS)
    sys.settrace(None)
    sys.setprofile(None)
    sys.setrecursionlimit(sys.getrecursionlimit() + 1000)  # os._exit may be called deep down.


def wrap_os_exit(report, agent_pid):
    """os._exit in the agent's own process reports first. It flushes nothing, as the real one."""
    real_exit = os._exit

    def _exit(status):
        """Exit to the system with specified status, without normal exit processing."""
        if os.getpid() != agent_pid:
            real_exit(status)
        code = status.__index__()  # A TypeError for what is not a number, as the real one.
        report(Ending("os_exit", code & 0xFF))

    os._exit = _exit


# --- All together ---------------------------------------------------------------------------------------


def prepare(workspace, config_path):
    config = load_config(config_path)
    os.chdir(workspace)
    os.makedirs(OUTPUT_FOLDER, exist_ok=True)
    sys.dont_write_bytecode = True  # The container is gone after one run.
    imported, errors = import_quietly(config.get("import", []))
    make_stdout_live()
    gc.freeze()
    return imported, errors


def serve(workspace, config_path):
    imported, errors = prepare(workspace, config_path)
    streams = PrivateStream(1), PrivateStream(2)
    send_ready(imported, errors)

    job = read_job()
    if job is None:
        os._exit(0)
    usage = Usage()
    place_files(workspace, job["files"])
    replace_stdin(job["stdin"])
    reserve = [bytes(RESERVE_BYTES)]
    set_limits(job["limits"])
    run_job(job, workspace, streams, usage, reserve)


def run_job(job, workspace, streams, usage, reserve):
    """Runs the submission and reports. Does not return."""
    agent_pid = os.getpid()
    real_exit = os._exit
    report = make_reporter(job, streams, os.path.join(workspace, OUTPUT_FOLDER), usage)
    wrap_os_exit(report, agent_pid)

    code = normalised(job["code"])
    printer = ErrorPrinter(code)
    printer.install()
    main = new_main(job["context"])
    job.clear()
    sys.argv = [FILENAME]
    sys.path.insert(0, workspace)
    stdout, stderr = sys.stdout, sys.stderr

    ending = run(code, main, printer, reserve)
    finish_like_cpython(main)
    flush_outputs(stdout, stderr)
    if os.getpid() != agent_pid:
        real_exit(ending.exit_code)  # A child that the submission forked, and that ran off the end.
    report(ending)


def main():
    workspace = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else WORKSPACE
    config_path = sys.argv[2] if len(sys.argv) > 2 else CONFIG
    try:
        serve(workspace, config_path)
    except BadJob as error:
        message = "sallyport agent: %s\n" % error
    except BaseException as error:
        message = "sallyport agent: %s: %s\n" % (type(error).__name__, error)
    write_all(2, message.encode("utf-8", "backslashreplace"))
    os._exit(EXIT_BAD_JOB)


if __name__ == "__main__":
    main()
