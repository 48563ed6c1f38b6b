"""Submissions that use their three streams to hold up, fill or mislead the broker."""

import unittest

from hostile import HostileTestCase, attack

BOUND = {"max_output_bytes": 100_000}
# The two marks of a cut.
MARKS = 200


class Floods(HostileTestCase):
    def assert_cut(self, reply):
        self.assertEqual(reply["error_type"], "ResourceLimitError", reply["error_message"])
        self.assertTrue(reply["was_output_truncated"])
        size = len(reply["stdout"]) + len(reply["stderr"])
        self.assertTrue(100_000 <= size < 100_000 + MARKS, size)
        self.assertIn("[output cut", reply["stdout"] + reply["stderr"])
        # The kill must not wait for the output, nor the output for the kill.
        self.assertLess(reply["execution_time_seconds"], 15)

    @attack("""
        import os
        while True:
            os.write(1, b'o' * 65536)
            os.write(2, b'e' * 65536)
        """, BOUND)
    def test_both_streams_without_newline(self, reply):
        self.assert_cut(reply)

    @attack("while True: print()", BOUND)
    def test_empty_lines(self, reply):
        self.assert_cut(reply)

    @attack("import os\nwhile True: os.write(1, b'x')", BOUND)
    def test_byte_by_byte(self, reply):
        self.assert_cut(reply)

    @attack("""
        import os, threading
        for _ in range(16):
            if os.fork() == 0:
                while True: os.write(1, b'c' * 4096)
        def flood():
            while True: os.write(2, b't' * 4096)
        for _ in range(8): threading.Thread(target=flood).start()
        """, BOUND)
    def test_of_many_writers(self, reply):
        self.assert_cut(reply)

    @attack("""
        import atexit, sys
        def flood():
            while True: sys.stdout.write('x' * 1000)
        atexit.register(flood)
        """, BOUND)
    def test_at_exit(self, reply):
        self.assert_cut(reply)

    @attack("""
        import threading
        def flood():
            while True:
                try: print('x' * 1000, flush=True)
                except BaseException: pass
        threading.Thread(target=flood, daemon=True).start()
        import time
        time.sleep(0.2)
        """, {"max_output_bytes": 10_000_000})
    def test_of_a_daemon_thread_at_the_end(self, reply):
        # Whichever comes first, the end or the bound: the output is output, and the report is none of it.
        self.assertIn(reply["error_type"], {None, "ResourceLimitError"}, reply["error_message"])
        self.assertNotIn("outcome", reply["stdout"])
        if reply["success"]:
            self.assertEqual(reply["stdout"].strip("x\n"), "")

    @attack("print('x' * 99_999)", BOUND)
    def test_exactly_the_bound(self, reply):
        self.assertTrue(reply["success"], reply["error_message"])
        self.assertEqual((len(reply["stdout"]), reply["was_output_truncated"]), (100_000, False))

    @attack("print('x' * 100_000)", BOUND)
    def test_one_byte_more(self, reply):
        # It may have ended by itself before it is killed for that; the cut is told either way.
        self.assertIn(reply["error_type"], {None, "ResourceLimitError"}, reply)
        self.assertTrue(reply["was_output_truncated"])
        self.assertLess(len(reply["stdout"]), 100_000 + MARKS)


class Streams(HostileTestCase):
    @attack("""
        import os, sys
        print('before', flush=True)
        os.close(1); os.close(2)
        try: os.write(1, b'after')
        except OSError as error: open('output/error.txt', 'w').write(str(error.errno))
        """)
    def test_output_after_close(self, reply):
        self.assertEqual((reply["stdout"], reply["stderr"]), ("before\n", ""), reply)
        self.assertEqual([each["path"] for each in reply["artifacts"]], ["error.txt"])

    @attack("""
        import os
        for fd in range(1024):
            try: os.close(fd)
            except OSError: pass
        """)
    def test_all_descriptors_closed(self, reply):
        # The report cannot come; the exit status still does.
        self.assertEqual((reply["stdout"], reply["artifacts"], reply["timed_out"]), ("", [], False), reply)
        self.assertLess(reply["execution_time_seconds"], 15)

    @attack("""
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
        print('left')
        """)
    def test_an_orphan_holds_the_pipes(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(reply["stdout"], "left\n")
        self.assertLess(reply["execution_time_seconds"], 15)

    @attack("""
        import os, signal, time
        for fd in range(3, 1024):
            try: os.set_inheritable(fd, True)
            except OSError: pass
        if os.fork() == 0:
            os.setsid()
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while True:
                try: os.write(1, b'.'); time.sleep(0.05)
                except OSError: pass
        os.kill(os.getpid(), signal.SIGSEGV)
        """)
    def test_an_orphan_writes_on_after_a_crash(self, reply):
        self.assertEqual((reply["success"], reply["signal"]), (False, "SIGSEGV"), reply)
        self.assertLess(reply["execution_time_seconds"], 15)

    @attack("print('never read')", stdin="x" * 4_000_000)
    def test_stdin_is_never_read(self, reply):
        self.assertEqual(reply["stdout"], "never read\n", reply)

    @attack("""
        import os, sys
        print(len(sys.stdin.read()), repr(sys.stdin.read()), os.read(0, 10))
        """, stdin="y" * 100_000)
    def test_stdin_is_read_beyond_its_end(self, reply):
        self.assertEqual(reply["stdout"], "100000 '' b''\n", reply)

    @attack("""
        import os
        found = []
        for fd in range(3, 1024):
            try:
                os.set_blocking(fd, False)
                found.append(os.read(fd, 100))
            except OSError: pass
        print(found)
        """, stdin="the submission's")
    def test_the_pipe_of_the_job_is_out_of_reach(self, reply):
        self.assertEqual(reply["stdout"], "[]\n", reply)

    @attack("""
        import os
        os.write(1, bytes(range(256)) + b'\\x1b]0;title\\x07\\x1b[2J' + b'\\xf0\\x9f\\x92')
        os.write(2, b'\\xed\\xa0\\x80\\xc0\\x80\\xff\\xfe')
        """)
    def test_bytes_that_are_no_text(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertTrue(reply["stdout"].startswith("".join(map(chr, range(128)))), reply["stdout"])
        self.assertEqual(reply["stderr"].strip("\ufffd"), "")

    @attack("""
        import os
        half = '\\u20ac'.encode()
        for _ in range(1000): os.write(1, half[:1]); os.write(1, half[1:])
        """)
    def test_characters_in_pieces(self, reply):
        self.assertEqual(reply["stdout"], "\u20ac" * 1000)

    @attack("""
        import os, sys
        sys.stdout = sys.stderr = sys.__stdout__ = None
        del sys.stdin
        raise ValueError('unseen')
        """)
    def test_streams_taken_away(self, reply):
        self.assertEqual(reply["error_type"], "ValueError", reply)

    @attack("""
        import sys
        class Endless:
            def write(self, text): return len(text)
            def flush(self):
                while True: pass
        sys.stdout = Endless()
        """, {"timeout_seconds": 2})
    def test_a_stream_that_never_flushes(self, reply):
        self.assertEqual(reply["error_type"], "TimeoutError", reply)


if __name__ == "__main__":
    unittest.main()
