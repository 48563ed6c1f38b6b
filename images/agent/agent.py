"""The guest agent: process 1 of a runner container.

It imports what the image's recipe lists, says that it is ready, blocks on stdin until a job arrives, runs the
submission as `__main__`, and reports how it ended. Then it stays until the broker dismisses it, and is gone,
unless the job says that others of the same user follow: then the submission runs in a fork, and the agent goes
on. Or the job is a cell of a session: then it runs in this process, and what it leaves is there for the next
one. PROTOCOL.md in this folder is the contract with the broker.

    agent.py [WORKSPACE [CONFIG]]

Both arguments are for tests; in an image the agent is started without.

The agent and the submission share one interpreter, so nothing here is a security boundary: a submission that
wants to can forge or withhold the report. The broker treats the report as the submission's own claim. What
the agent does take care of is that an ordinary program, however it ends, sees what CPython would show it.
"""

import __future__

import _ast
import _signal
import _thread
import atexit
import binascii
import builtins
import fcntl
import gc
import importlib
import io
import json
import linecache
import operator
import os
import resource
import select
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
SHARED_FOLDERS = ("/tmp", "/dev/shm")  # What else a submission can write to.
FILENAME = "<submission>"  # In tracebacks, sys.argv[0] and __file__.

MAX_LINGER_SECONDS = 1.0  # Behind a report that the broker, for whatever reason, does not answer.

EXIT_BAD_JOB = 70  # EX_SOFTWARE: the job could not be run; stderr says why, there is no trailer.

MAX_JOB_BYTES = 256 * 1024 * 1024
MAX_READY_BYTES = 64 * 1024
MAX_MESSAGE_BYTES = 4096
MAX_TYPE_BYTES = 256
MAX_NOTES = 32
MAX_MODULE_BYTES = 256
MAX_ARTIFACT_DEPTH = 16
MAX_ARTIFACT_PATH_BYTES = 1024
MAX_OUTPUT_ENTRIES = 10_000  # Names looked at in the output folder.
MAX_TEXT_BYTES = 64 * 1024  # Of a value's text in a session.
MAX_DISPLAY_NOTES = 16

MIB = 1024 * 1024
# The sandbox's kernel lives in the container's memory limit too. Measured at 128 MiB: with 48 MiB left to it
# a greedy program gets a MemoryError, with 16 MiB the kernel of the host kills the whole sandbox.
SANDBOX_KERNEL_BYTES = 48 * MIB
MIN_PROGRAM_BYTES = 16 * MIB
THREAD_STACK_BYTES = 2 * MIB  # Counted in the address space, at once: of 8 MiB, 48 fit into 512 MiB.
RESERVE_BYTES = 4 * MIB  # Given back after an exception, so that a MemoryError can be reported.

LIVE_LINES = 100  # Lines that stdout passes on at once before it begins to pace itself,
LIVE_LINES_PER_SECOND = 100  # and those it earns back with time.
MAX_UNWATCHED_LINES = 15  # In a flood the clock is looked at only so often.


class BadJob(Exception):
    """The job cannot be run, and that is not the submission's doing."""


class Ending:
    """How the submission ended, in the terms of the trailer."""

    def __init__(self, outcome, exit_code=0, exception=None):
        self.outcome = outcome
        self.exit_code = exit_code
        self.exception = exception


# --- Before the job -------------------------------------------------------------------------------------


def private_duplicate(fd):
    """A duplicate of `fd` under a high number, out of the submission's way and of its children's."""
    highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1024)
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, max(highest - 8, 3))


class TrailerStream:
    """Where a trailer goes: a duplicate of stdout or stderr, since a submission may close its own."""

    def __init__(self, original):
        self._fd = private_duplicate(original)
        self._original = original

    def shut_original(self):
        """From here on only this object can write to the stream."""
        try:
            original, self._original = self._original, os.dup(self._original)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, original)
            os.close(null)
        except OSError:
            pass  # Closed already.

    def write(self, data):
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._fd, view) :]
            except BlockingIOError:  # The submission changed it.
                os.set_blocking(self._fd, True)
            except OSError:
                if self._fd == self._original:
                    raise
                self._fd = self._original


def load_config(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def put_back(seeds):
    """Copies each kept folder to its place: caches that programs want to have in a writable folder."""
    for place, kept in seeds.items():
        os.makedirs(place, exist_ok=True)
        for entry in os.listdir(kept):
            source, target = os.path.join(kept, entry), os.path.join(place, entry)
            if os.path.isdir(source):
                put_back({target: source})
            else:
                with open(source, "rb") as file, open(target, "wb") as copy:
                    copy.write(file.read())


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


def make_ready(imported, errors):
    report = {
        "protocol": PROTOCOL,
        "python": sys.version.split()[0],
        "features": ["keep", "cells"],
        "imported": imported,
    }
    body = json.dumps(dict(report, import_errors=errors)).encode()
    if len(body) > MAX_READY_BYTES:
        body = json.dumps(dict(report, import_errors={"...": "too many to list"})).encode()
    return frame(b"SALLYPORT-READY ", body)


# --- The job --------------------------------------------------------------------------------------------


def read_exactly(fd, count, data=b""):
    """`data` and what follows on `fd`, `count` bytes in all (never more: nothing follows the job)."""
    pieces = [data]
    missing = count - len(data)
    while missing > 0:
        piece = os.read(fd, min(missing, MIB))
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)[:count]


def read_job(fd):
    """The job, or None if the broker closed stdin without one."""
    start = os.read(fd, 65536)
    if not start:
        return None
    start = read_exactly(fd, 4, start) if len(start) < 4 else start
    if len(start) < 4:
        raise BadJob("the job's length is cut short")
    length = int.from_bytes(start[:4], "big")
    if length > MAX_JOB_BYTES:
        raise BadJob("a job of %d bytes is longer than %d" % (length, MAX_JOB_BYTES))
    body = read_exactly(fd, length, start[4:])
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
    if not isinstance(job.setdefault("keep", False), bool):
        raise BadJob("'keep' is neither true nor false")
    if job.setdefault("cell", None) is not None:
        check_cell(job["cell"])
    imports = job.setdefault("imports", None)
    if imports is not None and not isinstance(imports, dict):
        raise BadJob("'imports' is neither an object nor null")
    for key, names in (imports or {}).items():
        if names is None and key == "allowed":
            continue
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise BadJob("'imports.%s' is not a list of names" % key)


def check_cell(cell):
    if not isinstance(cell, dict):
        raise BadJob("'cell' is neither an object nor null")
    for key in ("number", "max_displays", "max_display_bytes"):
        value = cell.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise BadJob("'cell.%s' is not a whole number of zero or more" % key)
    collect = cell.setdefault("collect", None)
    if collect is not None and (not isinstance(collect, str) or collect and not _is_safe_path(collect)):
        raise BadJob("'cell.collect' is neither a safe path nor null")


def place_files(folder, files, replace=False):
    """Writes the input files, in place of what is there only with `replace`. Returns how many bytes they take."""
    total = 0
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
            if replace and os.path.lexists(full):
                os.unlink(full)
            fd = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                write_all(fd, content)
            finally:
                os.close(fd)
            total += len(content)
        except (OSError, UnicodeError) as error:
            raise BadJob("file %r cannot be placed: %s" % (path, error)) from None
    return total


def _is_safe_path(path):
    parts = path.split("/")
    return "\0" not in path and not any(part in ("", ".", "..") for part in parts)


def take_stdin():
    """Puts an empty file without a name in place of fd 0. Returns the broker's pipe, under another number."""
    pipe = private_duplicate(0)
    renew_stdin()
    return pipe


def renew_stdin():
    empty_stdin()
    sys.stdin = sys.__stdin__ = _standard_stream(
        open(0, "rb", closefd=False), "<stdin>", "r", io.TextIOWrapper, "surrogateescape"
    )


def empty_stdin():
    fd = _unnamed_file()
    os.dup2(fd, 0, inheritable=True)
    os.close(fd)


def _unnamed_file():
    if hasattr(os, "memfd_create"):
        return os.memfd_create("stdin", os.MFD_CLOEXEC)
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def fill_stdin(text):
    """Makes `text` what the submission and its children read from fd 0."""
    if text:
        write_all(0, encoded_text(text))
        os.lseek(0, 0, os.SEEK_SET)


def encoded_text(text):
    """UTF-8; of lone surrogates those that stand for a byte become the byte, as sys.stdin reads them back."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


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
    But a write costs 100 microseconds in gVisor (and a look at the clock 30), a buffered line half of one.
    So beyond a burst of LIVE_LINES, lines that come faster than LIVE_LINES_PER_SECOND wait in the buffer.
    """

    _credit = LIVE_LINES  # Lines that may still pass at once.
    _refilled = 0.0
    _unwatched = 0  # Lines that may still wait without a look at the clock.
    _pause = 0

    def write(self, text, _write=io.TextIOWrapper.write):
        count = _write(self, text)
        if "\n" in text:
            self._after_line()
        return count

    def _after_line(self):
        if self._credit < 1:
            if self._unwatched:
                self._unwatched -= 1
                return
            now = time.monotonic()
            self._credit = min((now - self._refilled) * LIVE_LINES_PER_SECOND, LIVE_LINES)
            self._refilled = now
            if self._credit < 1:
                self._unwatched = self._pause = min(2 * self._pause + 1, MAX_UNWATCHED_LINES)
                return
            self._pause = 0
        self._credit -= 1
        self.flush()


def make_stdout_live():
    buffer = sys.stdout.detach()
    sys.stdout = sys.__stdout__ = _standard_stream(
        buffer, "<stdout>", "w", LiveOutput, "surrogateescape", newline="\n"
    )


class Limits:
    """The limits of this process and its children to come.

    What can be asked before the job is asked before: in gVisor a system call costs 30 to 70 microseconds.
    """

    KINDS = (
        resource.RLIMIT_CPU,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_NOFILE,
        resource.RLIMIT_NPROC,
        resource.RLIMIT_AS,
    )

    def __init__(self):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._now = {kind: resource.getrlimit(kind) for kind in self.KINDS}
        self._address_space, self._resident = memory_now()
        self._seconds_used = time.process_time()
        self._others = 0  # Processes that count and are not the submission's.

    def begin_fork(self):
        """This process is a new one: its CPU time begins at zero, and the agent counts beside it."""
        self._seconds_used = 0
        self._others = 1

    def set(self, limits, bytes_placed):
        """Sets what the job names, soft and hard alike. `bytes_placed` lie in files, that is in memory."""
        if "cpu_seconds" in limits:
            # The imports before the job are not the submission's. SIGXCPU comes first, then SIGKILL.
            seconds = max(-int(-limits["cpu_seconds"] // 1), 1) + int(self._seconds_used + 0.5)
            self._set(resource.RLIMIT_CPU, seconds, seconds + 1)
        if "max_file_mb" in limits:
            self._set(resource.RLIMIT_FSIZE, limits["max_file_mb"] * MIB)
        if "max_open_files" in limits:
            self._set(resource.RLIMIT_NOFILE, limits["max_open_files"])
        if "memory_mb" in limits:
            # gVisor does not count mmap in RLIMIT_DATA, so the address space has to be the limit.
            taken = self._resident + bytes_placed + SANDBOX_KERNEL_BYTES
            room = max(MIN_PROGRAM_BYTES, limits["memory_mb"] * MIB - taken)
            self._set(resource.RLIMIT_AS, self._address_space + room)
            threading.stack_size(THREAD_STACK_BYTES)
        if "max_processes" in limits:
            self._set(resource.RLIMIT_NPROC, limits["max_processes"] + self._others)

    def grant_cpu(self, seconds):
        """So much from now on, beyond which SIGXCPU comes. The hard limit stays: it could not be raised again."""
        hard = self._now[resource.RLIMIT_CPU][1]
        soft = int(time.process_time() + seconds) + 1
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))

    def _set(self, kind, soft, hard=None):
        ceiling = self._now[kind][1]
        wanted = tuple(
            int(value) if ceiling == resource.RLIM_INFINITY else min(int(value), ceiling)
            for value in (soft, soft if hard is None else hard)
        )
        if wanted != self._now[kind]:
            resource.setrlimit(kind, wanted)


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
        self.take_up(code, FILENAME)

    def take_up(self, code, filename):
        """From here on, `filename` is what runs. The sources of those before it stay known."""
        self.filename = filename
        linecache.cache[filename] = (len(code), None, [line + "\n" for line in code.split("\n")], filename)

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
        hide_agent(arguments.exc_value)
        thread = arguments.thread
        name = threading.get_ident() if thread is None else thread.name
        self._print("Exception in thread %s:\n" % name, arguments.exc_value, arguments.exc_value.__traceback__)

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
        description = {
            "type": bounded(kind.__name__, MAX_TYPE_BYTES),
            "message": bounded(message, MAX_MESSAGE_BYTES),
            "line": line_of(error, self.filename),
        }
        if isinstance(error, RefusedImport):
            description["refused_import"] = bounded(str(error.name), MAX_MODULE_BYTES)
        return description

    def _print(self, title, error, trace):
        stream = getattr(sys, "stderr", None)
        if stream is None:
            return
        text = "".join(traceback.format_exception(type(error), error, trace))
        if self._suggests_in_c and isinstance(error, MAY_SUGGEST):
            before, found, after = text.rpartition("\n" + plain_headline(error) + "\n")
            if found:
                text = before + "\n" + self._headline(error) + "\n" + after
        stream.write(title + text)
        stream.flush()

    def _headline(self, error):
        """The traceback's line that names `error`: its first, if the message has several."""
        plain = plain_headline(error)
        if not isinstance(error, MAY_SUGGEST):
            return plain
        lines = self._whole_text(error).split("\n")
        return next((line for line in reversed(lines) if line.startswith(plain)), plain)

    def _whole_text(self, error):
        arguments = (type(error), error, error.__traceback__)
        if not self._suggests_in_c:
            return "".join(traceback.format_exception(*arguments))
        kept, sys.stderr = getattr(sys, "stderr", None), io.StringIO()
        try:
            self._c_hook(*arguments)
            return sys.stderr.getvalue()
        finally:
            sys.stderr = kept


MAY_SUGGEST = (NameError, AttributeError, ImportError)  # "Did you mean: ..."


def plain_headline(error):
    lines = traceback.format_exception_only(type(error), error)
    return next(line for line in lines if line[:1].strip()).rstrip("\n").split("\n", 1)[0]


def bounded(text, max_bytes):
    """`text` as valid Unicode of at most `max_bytes` in UTF-8."""
    data = text.encode("utf-8", "backslashreplace")
    return data[:max_bytes].decode("utf-8", "ignore")


def line_of(error, filename):
    """The submission's line where `error` came from, or None."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None and isinstance(error, SyntaxError) and error.filename == filename:
        line = error.lineno
    return line if isinstance(line, int) and 0 < line < 2**31 else None


def add_source_text(error, filename):
    """Some errors of the compiler lack the line, which CPython then reads from the file."""
    if isinstance(error, SyntaxError) and error.filename == filename and error.text is None and error.lineno:
        error.text = linecache.getline(filename, error.lineno) or None


def without_agent(trace):
    """The traceback without the agent's frames: below the submission is `run`, above it the import guard."""
    others = []
    while trace is not None:
        if trace.tb_frame.f_globals is not globals():
            others.append(trace)
        trace = trace.tb_next
    for each, following in zip(others, others[1:] + [None]):
        each.tb_next = following
    return others[0] if others else None


def hide_agent(error):
    """Takes the agent's frames out of the tracebacks of `error` and of those that led to it."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = without_agent(each.__traceback__)
        waiting += [each.__cause__, each.__context__]


def print_error(error):
    """What CPython does with an uncaught exception. Returns the exit status if the hook ended with one."""
    arguments = (type(error), error, error.__traceback__)
    hook = getattr(sys, "excepthook", None) or sys.__excepthook__
    try:
        hook(*arguments)
        return None
    except SystemExit as stop:
        return exit_status(stop)
    except BaseException as caught:
        failure = caught
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


# --- The import guard -----------------------------------------------------------------------------------


class RefusedImport(ImportError):
    """What the submission gets for a module that its policy does not allow; to it an ImportError."""


RefusedImport.__name__ = RefusedImport.__qualname__ = "ImportError"
RefusedImport.__module__ = "builtins"


class ImportGuard:
    """Holds the imports that the submission makes itself to the policy's list; those of libraries pass.

    The first door has read the same list before. This is its second line, for names that are only known when
    the program runs. It is no boundary: whoever gets hold of a loaded module needs no import.
    """

    def __init__(self, imports, library_folders):
        self.hold_to(imports)
        self._library_folders = tuple(folder.rstrip("/") + "/" for folder in library_folders)
        self._import = builtins.__import__
        self._import_module = importlib.import_module

    def hold_to(self, imports):
        allowed = imports.get("allowed")
        self._allows_all = allowed is None
        self._allowed = frozenset(allowed or ()) | {"__future__"}
        self._denied = frozenset(imports.get("denied") or ())

    def install(self):
        builtins.__import__ = importlib.__import__ = self._make_import()
        importlib.import_module = self._make_import_module()

    def _make_import(self):
        real_import, is_submission, guarded = self._import, self._is_submission, self._guarded_import
        get_frame = sys._getframe

        def __import__(name, globals=None, locals=None, fromlist=(), level=0):
            """Import a module."""
            if is_submission(get_frame(1)):
                return guarded(name, globals, locals, fromlist, level)
            return real_import(name, globals, locals, fromlist, level)

        return __import__

    def _make_import_module(self):
        def import_module(name, package=None):
            """Import a module."""
            if self._is_submission(sys._getframe(1)) and isinstance(name, str):
                level = len(name) - len(name.lstrip("."))
                self._check(absolute_name(name[level:], package, level))
            return self._import_module(name, package)

        return import_module

    def _guarded_import(self, name, globals, locals, fromlist, level):
        package = globals.get("__package__") if isinstance(globals, dict) else None
        if not isinstance(name, str) or level and not package:
            return self._import(name, globals, locals, fromlist, level)  # An error of CPython's own.
        full_name = absolute_name(name, package, level)
        below = [full_name + "." + each for each in fromlist or () if isinstance(each, str)]
        if type(fromlist) is list and not fromlist:
            # C code that imports for itself (datetime.strptime: _strptime), and keeps the module to itself.
            self._check_denied(full_name)
        elif not below or not all(map(self._is_allowed, below)):
            self._check(full_name)
        for each in below:
            self._check_denied(each)
        module = self._import(name, globals, locals, fromlist, level)
        for each in below:  # Which of them are modules is known only now.
            if type(getattr(module, each.rpartition(".")[2], None)) is types.ModuleType:
                self._check(each)
        return module

    def _is_allowed(self, name):
        """By its name, or by "a.*" for what is below a and not private there."""
        if self._allows_all or name in self._allowed:
            return True
        parent, _, last = name.rpartition(".")
        while parent and not last.startswith("_"):
            if parent + ".*" in self._allowed:
                return True
            parent, _, last = parent.rpartition(".")
        return False

    def _check(self, name):
        self._check_denied(name)
        if not self._is_allowed(name):
            raise self._refusal(name)

    def _check_denied(self, name):
        part = name
        while part:
            if part in self._denied:
                raise self._refusal(name)
            part = part.rpartition(".")[0]

    @staticmethod
    def _refusal(name):
        return RefusedImport("the policy does not allow the import of %r" % name, name=name)

    def _is_submission(self, frame):
        """Whether the code is the submission's. It is a library's if it comes from a library's file and runs in
        that module's own namespace; so code in strings is the submission's, whatever file name it was given."""
        file, names = frame.f_code.co_filename, frame.f_globals
        if names is globals():
            return False
        if not file.startswith(self._library_folders) and not file.startswith("<frozen "):
            # What a library made from text (namedtuple and the like) runs where its module's names are.
            file = names.get("__file__")
            if not isinstance(file, str) or not file.startswith(self._library_folders):
                return True
        spec = names.get("__spec__")
        module = sys.modules.get(getattr(spec, "name", None) or names.get("__name__"))
        return getattr(module, "__dict__", None) is not names


def absolute_name(name, package, level):
    if not level or not isinstance(package, str):
        return "." * level + name
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return base + "." + name if name else base


# --- Running --------------------------------------------------------------------------------------------


def new_main(context):
    """A fresh `__main__` with `context` in it, in place of the agent's own."""
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __builtins__=sys.modules["builtins"], __file__=FILENAME, __cached__=None, context=context
    )
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
    return ending_of(error, printer, reserve)


def ending_of(error, printer, reserve):
    """The Ending of code that raised `error`, or None. Prints what CPython would print."""
    if error is None:
        return Ending("returned")
    reserve.clear()
    if isinstance(error, SystemExit):
        return Ending("exit", exit_status(error))
    try:
        hide_agent(error)
        add_source_text(error, printer.filename)
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
        if getattr(sys, "stderr", None) is not None:
            print(code, file=sys.stderr)
    except BaseException:
        pass
    return 1


def finish_like_cpython(main, ends_others):
    """The ending of a Python program: threads, atexit handlers, open files, objects' own endings."""
    try_each(threading._shutdown, atexit._run_exitfuncs)
    if ends_others:
        try_each(stop_other_processes)
    try_each(lambda: release(main))


def try_each(*steps):
    for step in steps:
        try:
            step()
        except BaseException:
            pass  # Printed already, by the step itself.


def release(main):
    """Empties the submission's namespace in CPython's order; what its open files hold back is written."""
    threading.excepthook = lambda arguments: None  # Daemon threads now stumble over what is taken away.
    flush_outputs(*[each for each in gc.get_objects() if type(each) in (io.TextIOWrapper, io.BufferedWriter)])
    names = [name for name in main.__dict__ if isinstance(name, str) and name != "__builtins__"]
    for name in sorted(names, key=_is_private, reverse=True):
        main.__dict__[name] = None
    gc.collect()  # Cheap: everything older than the job is frozen.


def _is_private(name):
    return name.startswith("_") and not name.startswith("__")


def stop_other_processes():
    """Ends what the submission left running, as the end of process 1 would anyway."""
    os.kill(-1, signal.SIGKILL)


def flush_outputs(*streams):
    for stream in (getattr(sys, "stdout", None), getattr(sys, "stderr", None)) + streams:
        try:
            stream.flush()
        except BaseException:  # Closed, replaced, or None.
            pass


# --- Artifacts ------------------------------------------------------------------------------------------


class Artifacts:
    """Collects the files of the output folder, within bounds. What is left out is noted.

    `seen` remembers the files of a session from one cell to the next, so that only those that changed are taken.
    """

    def __init__(self, folder, max_count, max_bytes, seen=None):
        self.files = []  # (path, content)
        self.notes = []
        self._folder = folder
        self._seen = seen
        self._count_left = self._max_count = int(max_count)
        self._bytes_left = self._max_bytes = int(max_bytes)
        self._entries_left = MAX_OUTPUT_ENTRIES

    def note(self, path, why):
        if len(self.notes) < MAX_NOTES:
            self.notes.append("left out %s: %s" % (ascii(path)[1:-1][:200], why))
        elif len(self.notes) == MAX_NOTES:
            self.notes.append("left out more")

    def collect(self, untouched):
        """Takes all files, unless the folder's status is that of `untouched`."""
        try:
            status = os.lstat(self._folder)
        except OSError:
            return  # Removed.
        if stat.S_ISLNK(status.st_mode):
            self.note(OUTPUT_FOLDER, "the output folder is a symbolic link")
        if not stat.S_ISDIR(status.st_mode) or folder_state(status) == untouched:
            return
        for path, full in sorted(self._walk("", self._folder, 1)):
            self._take(path, full)

    def collect_at(self, path):
        """Takes the file at `path`, or all below it if it is a folder; "" is the folder itself."""
        full = os.path.join(self._folder, path)
        if not os.path.lexists(full):
            return
        if not path or stat.S_ISDIR(os.lstat(full).st_mode):
            for each, place in sorted(self._walk(path and path + "/", full, 1)):
                self._take(each, place)
        else:
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
        try:
            state = file_state(os.lstat(full)) if self._seen is not None else None
        except OSError:
            return  # Gone meanwhile.
        if state is not None and self._seen.get(path) == state:
            return
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
        if state is not None:
            self._seen[path] = state

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


def make_output_folder():
    """Makes it and returns the state by which to know later that it is still empty.

    Its time is set back, so that a first entry changes it however coarse the clock of the file system is.
    """
    os.makedirs(OUTPUT_FOLDER, exist_ok=True)
    if os.listdir(OUTPUT_FOLDER):
        return None
    before = time.time() - 10
    os.utime(OUTPUT_FOLDER, (before, before))
    return folder_state(os.lstat(OUTPUT_FOLDER))


def folder_state(status):
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_nlink


def file_state(status):
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


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
        self._before, _ = self._ask()

    @staticmethod
    def _ask():
        rows = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(row.ru_utime + row.ru_stime for row in rows), max(row.ru_maxrss for row in rows)

    def report(self):
        seconds, peak = self._ask()
        return {"cpu_seconds": round(seconds - self._before, 6), "max_rss_kb": peak}


def trailer_pieces(ending, artifacts, usage, displays=None):
    """The trailer's JSON as a list of byte strings. Contents are encoded later, one after the other."""
    head = {"outcome": ending.outcome, "exit_code": ending.exit_code, "exception": ending.exception}
    tail = {"notes": artifacts.notes, "usage": usage.report()}
    if displays is not None:
        tail["notes"] = artifacts.notes + displays.notes
        tail.update(result=displays.result, displays=displays.shown)
    pieces = [json.dumps(head)[:-1].encode() + b', "artifacts": [']
    for index, (path, content) in enumerate(artifacts.files):
        entry = json.dumps({"path": path, "size": len(content)})[:-1]
        pieces.append((", " if index else "").encode() + entry.encode() + b', "content_base64": "')
        pieces.append(content)
        pieces.append(b'"}')
    pieces.append(b"], " + json.dumps(tail)[1:].encode())
    return pieces


BASE64_CHUNK = 3 * 64 * 1024  # A multiple of 3, so that chunks join to one text.


def send_trailer(stream, nonce, pieces):
    """`pieces`: JSON text, then for each artifact JSON text, its content, JSON text; then JSON text."""
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
            stream.write(waiting)
            waiting = binascii.b2a_base64(piece[start : start + BASE64_CHUNK], newline=False)
    stream.write(waiting)


class Prepared:
    """What is made before the job, to be used after it."""

    def __init__(self, workspace, untouched_output):
        self.workspace = workspace
        self.output_folder = os.path.join(workspace, OUTPUT_FOLDER)
        self.untouched_output = untouched_output
        self.stdout, self.stderr = TrailerStream(1), TrailerStream(2)
        self.reserve = [bytes(RESERVE_BYTES)]
        self.limits = Limits()
        self.usage = Usage()
        self.library_folders = [each for each in sys.path if os.path.isabs(each) and each != workspace]
        self.pid = os.getpid()
        self._teller = None
        self._dismissal = None

    def await_dismissal_on(self, pipe):
        """The process is to stay behind its report, until the broker ends `pipe`."""
        self._dismissal = pipe

    def linger(self):
        """Stays until the broker ends stdin: what this process's end costs the host then falls on no reply."""
        if self._dismissal is None or _thread._count():  # Daemon threads would go on running.
            return
        waiting = select.poll()
        waiting.register(self._dismissal, select.POLLIN)
        waiting.poll(MAX_LINGER_SECONDS * 1000)

    def begin_fork(self, teller):
        """The process is a fork for one job; `teller` is where it tells the agent that it has reported."""
        self.pid = os.getpid()
        self._teller = private_duplicate(teller)
        os.close(teller)
        empty_stdin()
        self.limits.begin_fork()
        self.usage = Usage()
        reseed()

    def tell_agent(self):
        if self._teller is not None:
            os.write(self._teller, b".")

    def has_sandbox_alone(self):
        """Whether this process, of those that are not the submission's, is the only one that can be killed."""
        if os.getpid() != self.pid:
            return False
        return self.pid == 1 or self._teller is not None and os.getppid() == 1


def reseed():
    """random does it by itself. NumPy's global generator would give each fork the same numbers."""
    numbers = sys.modules.get("numpy.random")
    if numbers is not None:
        numbers.seed()


def make_reporter(job, prepared):
    """Returns report(ending): writes both trailers and ends the process. The nonce lives in it alone."""
    nonce = bytes.fromhex(job.pop("nonce"))
    bounds = job["artifacts"]
    max_count, max_bytes = bounds.get("max_count", 0), bounds.get("max_bytes", 0)
    busy = threading.RLock()
    begun = []
    real_exit = os._exit

    def write(ending):
        artifacts = Artifacts(prepared.output_folder, max_count, max_bytes)
        artifacts.collect(prepared.untouched_output)
        pieces = trailer_pieces(ending, artifacts, prepared.usage)
        prepared.stderr.write(frame(nonce, b""))
        send_trailer(prepared.stdout, nonce, pieces)

    def report(ending):
        busy.acquire()  # Another thread that comes here waits for the end of the process.
        try:
            if not begun:
                begun.append(True)
                calm_interpreter()
                if _thread._count():  # Daemon threads: they must not write into the trailer.
                    prepared.stdout.shut_original()
                    prepared.stderr.shut_original()
                write(ending)
                prepared.tell_agent()
                prepared.linger()
        except BaseException:
            pass  # No trailer then, or half of one: the broker goes by what the engine says.
        finally:
            real_exit(ending.exit_code & 0xFF)

    return report


def calm_interpreter():
    """Undoes what a submission may have set on the interpreter that would disturb the agent's end."""
    handlers = [_signal.getsignal(number) for number in range(1, signal.NSIG)]
    if any(callable(each) and each is not signal.default_int_handler for each in handlers):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
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
        code = operator.index(status)  # A TypeError for what is not a number, as the real one.
        report(Ending("os_exit", code & 0xFF))

    os._exit = _exit


# --- All together ---------------------------------------------------------------------------------------


WARM_UP = """
import sys
class A:
    def f(self, *a, **k): return [f"{x:>3}" for x in sorted(a)]
try: A().f(3, 1); {}["x"]
except KeyError as error: raise ValueError("warm") from error
"""


def warm_up():
    """Walks once through what a job will use. The first touch of a page of memory is slow in gVisor."""
    code = json.loads(json.dumps({"code": WARM_UP, "context": {"a": [1, 2.5, None, "ä"]}}).encode())["code"]
    try:
        exec(compile(code, FILENAME, "exec", dont_inherit=True), {})
    except ValueError as error:
        traceback.format_exception(type(error), error, error.__traceback__)
        ErrorPrinter(code).describe(error)
    with open(os.devnull, "wb") as null:
        output = LiveOutput(null, encoding="utf-8")
        print("warm", 1, file=output)
    gc.collect()


def prepare(workspace, config_path):
    """Everything that can be done before the job; then says ready. Returns (the job's pipe, Prepared)."""
    config = load_config(config_path)
    os.chdir(workspace)
    untouched_output = make_output_folder()
    sys.dont_write_bytecode = True  # The container is gone after one run.
    put_back(config.get("seed", {}))
    imported, errors = import_quietly(config.get("import", []))
    make_stdout_live()
    pipe = take_stdin()
    warm_up()
    prepared = Prepared(workspace, untouched_output)
    ready = make_ready(imported, errors)
    gc.freeze()
    write_all(1, ready)
    return pipe, prepared, ready, config.get("seed", {})


def serve(workspace, config_path):
    pipe, prepared, ready, seeds = prepare(workspace, config_path)
    session = None
    while True:
        job = read_job(pipe)
        if job is None:
            os._exit(0)
        if job["cell"] is not None:
            session = session or Session(prepared, job)
            session.run(job)
            del job
            continue
        if session is not None:
            raise BadJob("a job that is no cell, in a session")
        if not job["keep"]:
            prepared.await_dismissal_on(pipe)
            execute(job, prepared)  # Does not return.
        run_in_fork(job, pipe, prepared)
        del job
        clean_up(prepared, seeds)
        write_all(1, ready)


def execute(job, prepared):
    """Runs the job in this process. Does not return."""
    placed = place_files(prepared.workspace, job["files"])
    fill_stdin(job["stdin"])
    prepared.limits.set(job["limits"], placed + len(job["stdin"]))
    run_job(job, prepared.workspace, prepared)


# --- Several jobs of one user ---------------------------------------------------------------------------


def run_in_fork(job, pipe, prepared):
    """Runs the job in a child. Returns if the child has reported; if not, this process ends as the child did,
    so that the engine tells the broker what it tells of any sandbox that ends without a report."""
    told, teller = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(pipe)
        os.close(told)
        prepared.begin_fork(teller)
        execute(job, prepared)
    os.close(teller)
    job.clear()
    status = await_child(child)
    if os.getpid() == 1:
        try_each(stop_other_processes)
        await_all()
    os.set_blocking(told, False)
    try:
        has_reported = os.read(told, 1) == b"."
    except BlockingIOError:  # Somebody else still holds it.
        has_reported = False
    os.close(told)
    if not has_reported:
        os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def await_child(child):
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            return status


def await_all():
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def clean_up(prepared, seeds):
    """Leaves nothing in the folders of what a submission put there. What cannot be removed ends the agent."""
    shared = SHARED_FOLDERS if os.getpid() == 1 else ()
    for folder in (prepared.workspace, *shared):
        if os.path.isdir(folder):
            empty(folder)
    put_back(seeds)
    prepared.untouched_output = make_output_folder()


def empty(folder):
    with os.scandir(folder) as listing:
        entries = list(listing)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)
            empty(entry.path)
            os.rmdir(entry.path)
        else:
            os.unlink(entry.path)


# --- Sessions -------------------------------------------------------------------------------------------


class ResourceLimitError(BaseException):
    """What a cell gets when it has used its CPU time. The next SIGXCPU, a second of CPU time later, is the end."""


ResourceLimitError.__module__ = "builtins"


class Interrupts:
    """Turns the broker's SIGINT, and SIGXCPU, into exceptions of the cell that runs, and of nothing else."""

    def __init__(self):
        self._armed = set()
        self._exit = os._exit
        self.cpu_seconds = None

    def install(self):
        """Also over what a cell before has installed."""
        for number in (signal.SIGINT, signal.SIGXCPU):
            signal.signal(number, self._handle)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGXCPU))

    def begin(self):
        self._armed = {signal.SIGINT, signal.SIGXCPU}

    def end(self):
        self._armed = set()

    def _handle(self, number, frame):
        armed = number in self._armed
        self._armed.discard(number)  # Once a cell: what comes later would hit the agent.
        if armed and number == signal.SIGINT:
            raise KeyboardInterrupt
        if armed:
            raise ResourceLimitError("the cell used more than its %g seconds of CPU time" % self.cpu_seconds)
        if number == signal.SIGXCPU:
            self._exit(128 + signal.SIGXCPU)


class Displays:
    """What a cell shows beyond its streams, as bundles {media type: text}; pictures in base64. Within bounds."""

    PNG = b"\x89PNG\r\n\x1a\n"

    def __init__(self, max_count, max_bytes):
        self.result = None
        self.shown = []
        self.notes = []
        self._count_left = max_count
        self._bytes_left = self._max_bytes = max_bytes

    def note(self, what, why):
        if len(self.notes) < MAX_DISPLAY_NOTES:
            self.notes.append(bounded("left out %s: %s" % (what, why), 500))

    def show(self, value):
        if not self._count_left:
            return self.note("a display", "there are too many")
        self._count_left -= 1
        self.shown.append(self.bundle(value))

    def show_figures(self):
        """Those that pyplot has, which then are closed, as notebooks do."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not pyplot.get_fignums():
            return
        try:
            for number in pyplot.get_fignums():
                if not self._count_left:
                    self.note("a figure", "there are too many displays")
                    break
                picture = io.BytesIO()
                pyplot.figure(number).savefig(picture, format="png", bbox_inches="tight")
                bundle = {}
                self._add_png(bundle, picture.getvalue(), "a figure")
                if bundle:
                    self._count_left -= 1
                    self.shown.append(bundle)
        except Exception as error:
            self.note("a figure", "%s: %s" % (type(error).__name__, str(error)[:200]))
        finally:
            pyplot.close("all")

    def bundle(self, value):
        """What repr() raises goes to the caller; the richer forms are left out if they fail."""
        bundle = {}
        text = repr(value)
        if len(text) > MAX_TEXT_BYTES:
            text = text[:MAX_TEXT_BYTES] + "..."
        self._add(bundle, "text/plain", bounded(text, MAX_TEXT_BYTES + 3), "a value's text")
        if isinstance(value, type):
            return bundle
        html = self._ask(value, "_repr_html_")
        if isinstance(html, str):
            self._add(bundle, "text/html", bounded(html, len(html) * 4), "a value's HTML")
        picture = self._ask(value, "_repr_png_")
        if isinstance(picture, tuple) and picture:
            picture = picture[0]  # The rest is metadata.
        if isinstance(picture, (bytes, bytearray)):
            self._add_png(bundle, bytes(picture), "a value's picture")
        return bundle

    def _ask(self, value, name):
        try:
            method = getattr(value, name, None)
            return method() if callable(method) else None
        except Exception as error:
            self.note(name, "%s: %s" % (type(error).__name__, str(error)[:200]))
            return None

    def _add_png(self, bundle, content, what):
        if not content.startswith(self.PNG):
            return self.note(what, "not a PNG")
        text = binascii.b2a_base64(content, newline=False).decode("ascii")
        self._add(bundle, "image/png", text, what)

    def _add(self, bundle, media_type, text, what):
        size = len(json.dumps(text))  # As it travels.
        if size > self._bytes_left:
            return self.note(what, "larger than what is left of %d bytes" % self._max_bytes)
        self._bytes_left -= size
        bundle[media_type] = text


def future_flags():
    return sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


class Session:
    """Runs one cell after the other in this process, in a `__main__` that stays. `first` has its limits."""

    def __init__(self, prepared, first):
        self._prepared = prepared
        self._interrupts = Interrupts()
        self._streams = sys.stdout, sys.stderr
        self._printer = ErrorPrinter("")
        self._guard = None
        self._future_flags, self._flags = future_flags(), 0
        self._seen = {}
        self._displays = None
        self._exit = os._exit
        limits = {key: value for key, value in first["limits"].items() if key != "cpu_seconds"}
        prepared.limits.set(limits, sum(len(each.get("content_base64", "")) for each in first["files"]))
        self._main = new_main(first["context"])
        self._main.display = self._display
        sys.argv = [FILENAME]
        sys.path.insert(0, prepared.workspace)

    def run(self, job):
        """Runs a cell and reports."""
        prepared = self._prepared
        nonce, cell = bytes.fromhex(job.pop("nonce")), job["cell"]
        self._displays = Displays(cell["max_displays"], cell["max_display_bytes"])
        prepared.usage = Usage()
        if not prepared.reserve:
            prepared.reserve.append(bytes(RESERVE_BYTES))
        ending = self._place(job["files"])
        if ending is None:
            renew_stdin()
            fill_stdin(job["stdin"])
            self._hold_to(job["imports"])
            self._interrupts.cpu_seconds = job["limits"].get("cpu_seconds")
            if self._interrupts.cpu_seconds is not None:
                prepared.limits.grant_cpu(self._interrupts.cpu_seconds)
            ending = self._execute(normalised(job["code"]), "<cell %d>" % cell["number"])
        flush_outputs(*self._streams)
        if os.getpid() != prepared.pid:
            self._exit(ending.exit_code)  # A child that the cell forked, and that ran off the end.
        artifacts = self._collect(cell["collect"], job["artifacts"])
        self._report(nonce, trailer_pieces(ending, artifacts, prepared.usage, self._displays))

    def _display(self, *values):
        """Show values as the last expression of a cell is shown."""
        for value in values:
            self._displays.show(value)

    def _place(self, files):
        try:
            place_files(self._prepared.workspace, files, replace=True)
            return None
        except BadJob as error:  # By what cells before have left in the file's place.
            message = bounded("OSError: %s" % error, MAX_MESSAGE_BYTES)
            return Ending("exception", 1, {"type": "OSError", "message": message, "line": None})

    def _hold_to(self, imports):
        if self._guard is not None:
            self._guard.hold_to(imports or {})
        elif imports is not None:
            self._guard = ImportGuard(imports, self._prepared.library_folders)
            self._guard.install()

    def _execute(self, code, filename):
        self._printer.take_up(code, filename)
        self._printer.install()
        self._interrupts.install()
        error = None
        try:
            try:
                self._interrupts.begin()
                self._evaluate(code, filename)
            finally:
                self._interrupts.end()
        except BaseException as caught:
            error = caught
        self._interrupts.end()  # A signal may have come just before the other one.
        return ending_of(error, self._printer, self._prepared.reserve)

    def _evaluate(self, code, filename):
        """Runs the code; if its last statement is an expression, its value is the cell's result."""
        tree = compile(code, filename, "exec", self._flags | _ast.PyCF_ONLY_AST, True)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], _ast.Expr) else None
        body = compile(tree, filename, "exec", self._flags, True)
        self._flags |= body.co_flags & self._future_flags
        if last is not None:
            last = compile(_ast.Expression(last.value), filename, "eval", self._flags, True)
        names = self._main.__dict__
        try:
            exec(body, names)
            value = eval(last, names) if last is not None else None
            if value is not None and not code.rstrip().endswith(";"):
                names["_"] = value
                self._displays.result = self._displays.bundle(value)
        finally:
            self._displays.show_figures()

    def _collect(self, place, bounds):
        """What is at `place` in the working folder, or what has changed in the output folder."""
        bounds = bounds.get("max_count", 0), bounds.get("max_bytes", 0)
        if place is not None:
            artifacts = Artifacts(self._prepared.workspace, *bounds)
            artifacts.collect_at(place)
        else:
            artifacts = Artifacts(self._prepared.output_folder, *bounds, seen=self._seen)
            artifacts.collect(self._prepared.untouched_output)
        return artifacts

    def _report(self, nonce, pieces):
        """Writes both trailers while nobody else can write into them."""
        others = self._prepared.pid == 1 and signal_others(signal.SIGSTOP)
        aside = SetAside(1, 2) if _thread._count() else None
        try:
            self._prepared.stderr.write(frame(nonce, b""))
            send_trailer(self._prepared.stdout, nonce, pieces)
        finally:
            if aside is not None:
                aside.give_back()
            if others:
                signal_others(signal.SIGCONT)


class SetAside:
    """Descriptors that for a while write into files without a name, what is in these then comes behind."""

    def __init__(self, *numbers):
        self._kept = []
        for number in numbers:
            try:
                kept, file = os.dup(number), _unnamed_file()
                os.dup2(file, number)
                self._kept.append((number, kept, file))
            except OSError:
                pass  # Closed already.

    def give_back(self):
        for number, kept, file in self._kept:
            os.dup2(kept, number)
            os.close(kept)
            os.lseek(file, 0, os.SEEK_SET)
            while piece := os.read(file, MIB):
                write_all(number, piece)
            os.close(file)


def signal_others(number):
    """To all other processes of the sandbox. Whether there is any."""
    try:
        os.kill(-1, number)
        return True
    except OSError:
        return False


def run_job(job, workspace, prepared):
    """Runs the submission and reports. Does not return."""
    real_exit = os._exit
    report = make_reporter(job, prepared)
    wrap_os_exit(report, prepared.pid)

    code = normalised(job["code"])
    printer = ErrorPrinter(code)
    printer.install()
    main = new_main(job["context"])
    if job["imports"] is not None:
        ImportGuard(job["imports"], prepared.library_folders).install()
    job.clear()
    sys.argv = [FILENAME]
    sys.path.insert(0, workspace)
    stdout, stderr = sys.stdout, sys.stderr

    ending = run(code, main, printer, prepared.reserve)
    finish_like_cpython(main, ends_others=prepared.has_sandbox_alone())
    flush_outputs(stdout, stderr)
    if os.getpid() != prepared.pid:
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
