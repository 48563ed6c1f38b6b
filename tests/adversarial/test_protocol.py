"""Submissions that speak the guest protocol themselves, or take the agent apart: they can only lie about themselves."""

import json
import unittest

from hostile import HostileTestCase, attack

# Finds the agent's report function, the nonce in it, and the descriptors that trailers go to.
STOLEN = """
import gc, json, os, struct, sys, time
def stolen():
    for function in gc.get_referents(os._exit, *os._exit.__closure__):
        for cell in getattr(function, '__closure__', None) or ():
            for inner in getattr(cell.cell_contents, '__closure__', None) or ():
                if isinstance(inner.cell_contents, bytes) and len(inner.cell_contents) == 16:
                    return inner.cell_contents
    report = next(c.cell_contents for c in os._exit.__closure__ if getattr(c.cell_contents, '__name__', '') == 'report')
    write = next(c.cell_contents for c in report.__closure__ if getattr(c.cell_contents, '__name__', '') == 'write')
    return next(c.cell_contents for c in write.__closure__ if isinstance(c.cell_contents, bytes))
nonce = stolen()
real_exit = next(c.cell_contents for c in os._exit.__closure__ if getattr(c.cell_contents, '__module__', '') == 'posix')
def send(data, fd=1):
    while data: data = data[os.write(fd, data):]
def trailer(body, length=None):
    send(nonce + bytes(4), 2)
    send(nonce + struct.pack('>I', len(body) if length is None else length) + body)
def report(**changes):
    body = {'outcome': 'returned', 'exit_code': 0, 'exception': None, 'notes': [], 'artifacts': [],
            'usage': {'cpu_seconds': 0, 'max_rss_kb': 0}}
    body.update(changes)
    return json.dumps(body).encode()
def file(path, content='eA==', size=1): return {'path': path, 'size': size, 'content_base64': content}
"""


def forger(code):
    return STOLEN + code


class ForgedReports(HostileTestCase):
    def assert_lie_about_itself_alone(self, reply):
        """The broker may rest on a report that is whole, and answer at once; then the lie is all that there is."""
        self.assertEqual((reply["error_type"], reply["exit_code"], reply["artifacts"]), (None, 0, []), reply)
        self.assertEqual(reply["stdout"] + reply["stderr"], "")
        self.assertLess(reply["total_time_seconds"], 15)

    def assert_refused(self, reply):
        self.assertEqual(reply["artifacts"], [], reply)
        self.assertTrue(any("report" in note for note in reply["notes"]), reply)
        self.assertNotIn("outcome", reply["stdout"])

    @attack(forger("""
trailer(report(artifacts=[file('it/works.txt')]))
real_exit(0)
"""))
    def test_that_forging_works_at_all(self, reply):
        self.assertEqual([each["path"] for each in reply["artifacts"]], ["it/works.txt"], reply)
        self.assertTrue(reply["success"])

    @attack(forger("""
trailer(report())
os.kill(os.getpid(), 11)
"""))
    def test_success_before_a_crash(self, reply):
        if reply["success"]:
            return self.assert_lie_about_itself_alone(reply)
        self.assertEqual((reply["signal"], reply["artifacts"]), ("SIGSEGV", []), reply)

    @attack(forger("""
trailer(report(exit_code=0))
real_exit(7)
"""))
    def test_another_exit_status(self, reply):
        if reply["success"]:
            return self.assert_lie_about_itself_alone(reply)
        self.assertEqual((reply["error_type"], reply["exit_code"]), ("SystemExit", 7), reply)

    @attack(forger("""
trailer(report())
time.sleep(99)
"""), {"timeout_seconds": 2})
    def test_success_before_the_time_limit(self, reply):
        if reply["success"]:
            return self.assert_lie_about_itself_alone(reply)
        self.assertEqual((reply["error_type"], reply["timed_out"]), ("TimeoutError", True), reply)
        self.assertGreaterEqual(reply["execution_time_seconds"], 2)

    @attack(forger("""
trailer(report())
while True: send(b'x' * 65536); send(b'y' * 65536, 2)
"""), {"timeout_seconds": 2, "max_cpu_seconds": 60})
    def test_endless_output_behind_the_end(self, reply):
        if reply["success"]:
            return self.assert_lie_about_itself_alone(reply)
        self.assertEqual(reply["error_type"], "TimeoutError", reply)
        self.assertEqual(reply["stdout"] + reply["stderr"], "")
        self.assertLess(reply["total_time_seconds"], 15)
        self.assertGreaterEqual(reply["execution_time_seconds"], 2)

    @attack(forger("""
trailer(report())
keep = []
while True:
    fd = os.memfd_create('m')
    os.write(fd, b'x' * (1 << 24))
    keep.append(fd)
"""))
    def test_success_before_all_memory(self, reply):
        if reply["success"]:
            return self.assert_lie_about_itself_alone(reply)
        self.assertIn(reply["error_type"], {"ResourceLimitError", "SystemError", "SystemExit", "SandboxError"})

    @attack(forger("""
trailer(report(exception={'type': 'E' * 300, 'message': 'm', 'line': 1}, outcome='exception', exit_code=1))
real_exit(1)
"""))
    def test_a_type_that_is_too_long(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report(exception={'type': 'SecurityViolationError', 'message': '\\x00\\x1b[2J\\u202e', 'line': 2**31 - 1},
               outcome='exception', exit_code=1, usage={'cpu_seconds': 1e308, 'max_rss_kb': -5}))
real_exit(1)
"""))
    def test_claims_that_are_possible(self, reply):
        # About itself it may lie; usage is held to what can be.
        self.assertEqual(reply["error_type"], "SecurityViolationError", reply)
        self.assertTrue(0 <= reply["usage"]["peak_memory_mb"] <= 128)
        self.assertLess(reply["usage"]["cpu_seconds"], 60)

    @attack(forger("""
trailer(report(usage={'cpu_seconds': float('nan'), 'max_rss_kb': float('inf')}))
real_exit(0)
"""))
    def test_numbers_that_are_none(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(b'', 0xFFFFFFFF)
while True: send(b'x' * 65536)
"""), {"timeout_seconds": 2})
    def test_a_length_of_4_gb(self, reply):
        self.assertEqual((reply["success"], reply["stdout"]), (False, ""), reply)

    @attack(forger("""
trailer(report()[:20], 1 << 20)
real_exit(0)
"""))
    def test_a_report_that_breaks_off(self, reply):
        self.assertEqual((reply["artifacts"], reply["stdout"]), ([], ""), reply)

    @attack(forger("""
for piece in (nonce[:5], nonce[5:], bytes(2), struct.pack('>H', 3), b'{', b'}', b' '):
    send(piece)
    time.sleep(0.05)
real_exit(0)
"""))
    def test_a_report_in_pieces(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
send(b'one' + nonce[:15] + b'two' + nonce[:8] + nonce)
send(struct.pack('>I', len(report())) + report() + b'three' + nonce + bytes(4))
real_exit(0)
"""))
    def test_nearly_a_nonce(self, reply):
        self.assertTrue(reply["stdout"].startswith("one"), reply)
        self.assertNotIn("three", reply["stdout"])

    @attack(forger("""
send(b'SALLYPORT-READY ' + struct.pack('>I', 2) + b'{}')
for stream in range(4): send(bytes([stream, 0, 0, 0]) + struct.pack('>I', 5) + b'frame')
send(b'\\r\\n0\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\n\\r\\n')
"""))
    def test_forged_frames_are_output(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(reply["stdout"].count("frame"), 4)
        self.assertTrue(reply["stdout"].startswith("SALLYPORT-READY "))
        self.assertTrue(reply["stdout"].endswith("HTTP/1.1 200 OK\r\n\r\n"))


def refused_path(path_source):
    return attack(forger(f"""
trailer(report(artifacts=[file('fine.txt'), file({path_source})]))
real_exit(0)
"""))


class ForgedArtifacts(HostileTestCase):
    assert_refused = ForgedReports.assert_refused

    @refused_path("'../../etc/passwd'")
    def test_a_path_that_goes_up(self, reply):
        self.assert_refused(reply)

    @refused_path("'a/../../b'")
    def test_a_path_that_goes_up_in_the_middle(self, reply):
        self.assert_refused(reply)

    @refused_path("'/etc/passwd'")
    def test_an_absolute_path(self, reply):
        self.assert_refused(reply)

    @refused_path("'new\\nline'")
    def test_a_newline(self, reply):
        self.assert_refused(reply)

    @refused_path("'nul\\0byte'")
    def test_a_null(self, reply):
        self.assert_refused(reply)

    @refused_path("'n' * 4096")
    def test_4_kb(self, reply):
        self.assert_refused(reply)

    @refused_path("''")
    def test_no_name(self, reply):
        self.assert_refused(reply)

    @refused_path("'\\udcff'")
    def test_a_lone_surrogate(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report(artifacts=[file('name')]).replace(b'name', b'n\\xff\\xfe'))
real_exit(0)
"""))
    def test_a_name_that_is_not_utf8(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report(artifacts=[file('n%d' % n) for n in range(33)]))
real_exit(0)
"""))
    def test_one_too_many(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report(artifacts=[file('n', 'eHh4' * 100_000)]))
real_exit(0)
"""), {"max_artifact_bytes": 200_000})
    def test_larger_than_allowed(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report(artifacts=[file('lies about its size', 'eA==', 1 << 60)]))
real_exit(0)
"""))
    def test_another_size(self, reply):
        self.assertEqual([each["size"] for each in reply["artifacts"]], [1], reply)

    @attack(forger("""
trailer(report(artifacts=[file('same'), file('same'), file('same/below')]))
real_exit(0)
"""))
    def test_the_same_name_twice(self, reply):
        # Whoever writes them into a folder would get another file than the reply shows.
        paths = [each["path"] for each in reply["artifacts"]]
        self.assertEqual(len(paths), len(set(paths)), paths)


class Bombs(HostileTestCase):
    """Reports that are small and valid JSON, and huge once they are read. One at a time: the broker is measured."""

    together = 1

    @classmethod
    def carry_out(cls, submission):
        process = f"/proc/{cls.broker.process.pid}"
        with open(f"{process}/clear_refs", "w", encoding="ascii") as peaks:
            peaks.write("5")  # The peak counts from here.
        before = cls.broker.resident_mb()
        seen = super().carry_out(submission)
        with open(f"{process}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
        assert peak - before < 40, f"the broker took {peak - before:.0f} MB more"
        return seen

    assert_refused = ForgedReports.assert_refused

    @attack(forger("""
trailer(b'[' * 16_000_000)
real_exit(0)
"""), {"max_memory_mb": 256})
    def test_brackets(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report().replace(b'"notes": []', b'"notes": ' + b'[' * 8_000_000 + b']' * 8_000_000))
real_exit(0)
"""), {"max_memory_mb": 256})
    def test_closed_brackets(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report().replace(b'"notes": []', b'"notes": [' + b'{},' * 5_000_000 + b'1]'))
real_exit(0)
"""), {"max_memory_mb": 256})
    def test_empty_objects(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report().replace(b'"notes": []', b'"notes": {' + b','.join(b'"%d":0' % n for n in range(1_300_000)) + b'}'))
real_exit(0)
"""), {"max_memory_mb": 512})
    def test_members(self, reply):
        self.assert_refused(reply)

    @attack(forger("""
trailer(report().replace(b'"notes": []', b'"notes": ' + b'1' * 16_000_000))
real_exit(0)
"""), {"max_memory_mb": 256})
    def test_a_number_of_16_mb(self, reply):
        self.assert_refused(reply)


class TheAgentTakenApart(HostileTestCase):
    @attack("""
        import os
        agent = os._exit.__globals__
        for name, value in list(agent.items()):
            if callable(value) and name != 'real_exit': agent[name] = lambda *a, **k: None
        print('alone')
        """)
    def test_its_functions_replaced(self, reply):
        self.assertEqual(reply["artifacts"], [], reply)
        self.assertFalse(reply["timed_out"], reply)

    @attack("""
        import gc, sys
        for module in list(sys.modules): sys.modules[module] = None
        for each in gc.get_objects():
            if type(each) is dict: each.clear()
        """, {"timeout_seconds": 5})
    def test_everything_cleared(self, reply):
        self.assertEqual((reply["timed_out"], reply["artifacts"]), (False, []), reply)

    @attack("""
        import builtins, json, os, struct
        def wrong(*a, **k): raise SystemExit(0)
        json.dumps = os.write = os.lstat = os.scandir = os.listdir = builtins.open = wrong
        builtins.len = builtins.sorted = builtins.isinstance = wrong
        """)
    def test_what_it_relies_on_replaced(self, reply):
        self.assertFalse(reply["timed_out"], reply)
        self.assertEqual(reply["artifacts"], [])

    @attack("""
        import ctypes, os
        libc = ctypes.CDLL(None)
        for task in os.listdir('/proc/self/task'): libc.syscall(234, os.getpid(), int(task), 9)
        print('no thread died')
        """)
    def test_its_threads_killed(self, reply):
        self.assertFalse(reply["timed_out"], reply)

    @attack("""
        import ctypes
        ctypes.CDLL(None).syscall(60, 0)
        """)
    def test_its_last_thread_ended(self, reply):
        self.assertEqual((reply["timed_out"], reply["artifacts"]), (False, []), reply)

    @attack("""
        import ctypes, threading, time
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
        ctypes.CDLL(None).syscall(60, 0)
        """, {"timeout_seconds": 8})
    def test_its_main_thread_ended_alone(self, reply):
        self.assertEqual(reply["artifacts"], [], reply)

    @attack("""
        import ctypes
        ctypes.memset(id(ctypes) & ~0xfff, 0x41, 1 << 16)
        print('unlikely')
        """)
    def test_its_memory_overwritten(self, reply):
        self.assertFalse(reply["timed_out"] and reply["success"], reply)

    @attack("""
        import os, sys
        os.execv(sys.executable, [sys.executable, '-c', 'print("another", __import__("os").getpid())'])
        """)
    def test_replaced_by_another_program(self, reply):
        self.assertEqual((reply["stdout"], reply["exit_code"], reply["artifacts"]), ("another 1\n", 0, []), reply)

    @attack("""
        import os, sys
        open('preload.so', 'wb').write(b'\\x7fELF' + bytes(60))
        environment = {'LD_PRELOAD': '/workspace/preload.so', 'LD_LIBRARY_PATH': '/workspace', 'PYTHONSTARTUP': '/workspace/x.py',
                       'PYTHONPATH': '/workspace', 'PYTHONHOME': '/workspace'}
        os.environ.update(environment)
        os.putenv('LD_PRELOAD', '/workspace/preload.so')
        open('sitecustomize.py', 'w').write('print("own, in its own process")')
        os.execve(sys.executable, [sys.executable, '-E', '-c', 'print("preloaded")'], environment)
        """)
    def test_ld_preload(self, reply):
        # It is the submission's own process that it does this to; the next one knows nothing of it.
        self.assertIn("preloaded\n", reply["stdout"], reply)
        self.assertEqual(reply["exit_code"], 0)

    @attack("""
        import errno, os, sys
        import json
        for path in (sys.executable, os.__file__, json.__file__, '/usr/lib/sallyport/agent.pyc', '/usr/lib/sallyport/agent.py',
                     '/etc/ld.so.preload', '/usr/lib/python3/dist-packages/sitecustomize.py', '/lib/x86_64-linux-gnu/libc.so.6'):
            for mode in ('r+b', 'wb', 'ab'):
                try:
                    with open(path, mode) as file: file.write(b'x')
                    print('WRITTEN', path)
                except OSError: pass
            for change in (os.unlink, lambda p: os.chmod(p, 0o777), lambda p: os.replace('/tmp/own', p), lambda p: os.rename(p, '/tmp/x')):
                try:
                    open('/tmp/own', 'w').close()
                    change(path)
                    print('CHANGED', path)
                except OSError: pass
        print('done')
        """)
    def test_interpreter_files_replaced(self, reply):
        self.assertEqual(reply["stdout"], "done\n", reply)

    @attack("""
        for name in ('json', 'os', 'sys', 'encodings', 'codecs', 'io', 'posix', 'traceback', 'sitecustomize', 'usercustomize'):
            open(name + '.py', 'w').write('raise SystemExit("shadowed")')
        import sys
        for name in ('json', 'traceback'): sys.modules.pop(name, None)
        import os
        os.makedirs('/tmp/.local/lib/python3.11/site-packages', exist_ok=True)
        open('/tmp/.local/lib/python3.11/site-packages/usercustomize.py', 'w').write('print("shadowed")')
        raise ValueError('mine')
        """)
    def test_modules_shadowed(self, reply):
        self.assertEqual(reply["error_type"], "ValueError", json.dumps(reply))


if __name__ == "__main__":
    unittest.main()
