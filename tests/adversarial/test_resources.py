"""Submissions that take all they can get: processes, threads, memory, files, descriptors, CPU."""

import unittest

from hostile import HostileTestCase, attack

SHORT = {"timeout_seconds": 2}
CUT = {"TimeoutError", "ResourceLimitError"}


class Processes(HostileTestCase):
    @attack("""
        import os
        while True:
            try: os.fork()
            except OSError: pass
        """, SHORT)
    def test_fork_bomb(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)

    @attack("""
        import os
        for _ in range(1000):
            try:
                if os.fork() == 0:
                    while True:
                        try: os.fork()
                        except OSError: pass
            except OSError: break
        print('parent', flush=True)
        """, SHORT)
    def test_fork_bomb_whose_parent_leaves(self, reply):
        # Its children are killed, or keep it from its end until they all are.
        self.assertIn(reply["error_type"], CUT | {None}, reply)

    @attack("""
        import os, sys
        while True:
            try:
                if os.fork():
                    os.wait()
                else:
                    os.setsid()
                    os.execv(sys.executable, [sys.executable, '-c', 'import os\\nwhile True: os.fork()'])
            except OSError: pass
        """, SHORT)
    def test_fork_bomb_of_new_programs(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)

    @attack("""
        import threading, time
        while True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
        """)
    def test_thread_bomb(self, reply):
        self.assertEqual(reply["error_type"], "RuntimeError", reply)
        self.assertIn("can't start new thread", reply["error_message"])

    @attack("""
        import threading, time
        threading.stack_size(32768)
        def busy():
            while True: pass
        started = 0
        try:
            while True:
                threading.Thread(target=busy, daemon=True).start()
                started += 1
        except RuntimeError: pass
        print(started < 300, flush=True)
        while True: pass
        """, {"timeout_seconds": 4})
    def test_thread_bomb_that_computes(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)
        self.assertEqual(reply["stdout"].replace("True\n", ""), "")

    @attack("""
        import multiprocessing
        def bomb(_):
            return sum(pool_of().map(bomb, range(8)))
        def pool_of(): return multiprocessing.get_context('fork').Pool(8)
        bomb(0)
        """, SHORT)
    def test_pools_that_open_pools(self, reply):
        self.assertFalse(reply["success"], reply)


class Memory(HostileTestCase):
    @attack("x = bytearray(1 << 40)")
    def test_fast(self, reply):
        self.assertEqual(reply["error_type"], "MemoryError", reply)

    @attack("x = 'x' * (1 << 27)\ny = [x + str(i) for i in range(99)]")
    def test_fast_by_steps_of_128_mb(self, reply):
        self.assertEqual(reply["error_type"], "MemoryError", reply)

    @attack("""
        keep = []
        while True: keep.append(bytes(range(256)) * 16)
        """)
    def test_slow(self, reply):
        self.assertIn(reply["error_type"], {"MemoryError", "ResourceLimitError"}, reply)

    @attack("""
        keep = []
        def grow():
            try:
                while True: keep.append(bytearray(1 << 16))
            except MemoryError: grow()
        grow()
        """, {"timeout_seconds": 5})
    def test_that_catches_every_memory_error(self, reply):
        self.assertFalse(reply["success"], reply)

    @attack("""
        import mmap
        keep = []
        while True:
            m = mmap.mmap(-1, 1 << 22)
            m.write(b'x' * (1 << 22))
            keep.append(m)
        """)
    def test_mmap(self, reply):
        self.assertIn(reply["error_type"], {"OSError", "MemoryError", "ResourceLimitError"}, reply)

    @attack("""
        import os
        keep = []
        while True:
            fd = os.memfd_create('m')
            for _ in range(31): os.write(fd, b'x' * (1 << 20))
            keep.append(fd)
        """)
    def test_memory_files(self, reply):
        # They are in no address space: the sandbox as a whole is at its limit.
        self.assertEqual(reply["error_type"], "ResourceLimitError", reply)
        self.assertTrue(reply["oom_killed"], reply)

    @attack("""
        import os
        try:
            with open('/dev/shm/x', 'wb') as file:
                while True: file.write(b'x' * 65536)
        except OSError as error: print(error.errno, os.path.getsize('/dev/shm/x') <= 1 << 20)
        """)
    def test_shared_memory_folder(self, reply):
        self.assertEqual(reply["stdout"], "28 True\n", reply)

    @attack("""
        import ctypes, mmap, os
        libc = ctypes.CDLL(None)
        libc.shmat.restype = ctypes.c_void_p
        size, kept = 8 << 20, 0
        while True:
            shared = libc.shmget(0, size, 0o1600)
            if shared < 0: break
            if os.fork() == 0:
                place = libc.shmat(shared, None, 0)
                if place and place != ctypes.c_void_p(-1).value: ctypes.memset(place, 1, size)
                os._exit(0)
            os.wait()
            kept += 1
            if kept == 200: break
        print(kept)
        """)
    def test_shared_memory_segments(self, reply):
        # 8 MiB each, that no process has mapped any more: the sandbox dies of them.
        self.assertEqual(reply["error_type"], "ResourceLimitError", reply)

    @attack("""
        import os, time
        for _ in range(8):
            if os.fork() == 0:
                keep = bytearray(32 << 20)
                for i in range(0, len(keep), 4096): keep[i] = 1
                time.sleep(99)
        time.sleep(99)
        """)
    def test_many_children(self, reply):
        self.assertEqual(reply["error_type"], "ResourceLimitError", reply)
        self.assertEqual((reply["oom_killed"], reply["signal"]), (True, "SIGKILL"))

    @attack("""
        import os
        keep = []
        while True:
            r, w = os.pipe()
            os.set_blocking(w, False)
            try:
                while True: os.write(w, b'x' * 65536)
            except BlockingIOError: keep.append((r, w))
        """)
    def test_memory_of_pipes(self, reply):
        self.assertIn(reply["error_type"], {"OSError", "ResourceLimitError"}, reply)


class Files(HostileTestCase):
    @attack("for i in range(99): open(f'f{i}', 'wb').write(b'x' * (1 << 24))")
    def test_the_work_folder_filled(self, reply):
        self.assertIn(reply["error_type"], {"OSError", "ResourceLimitError"}, reply)

    @attack("""
        import errno
        try:
            for i in range(99): open(f'/tmp/f{i}', 'wb').write(b'x' * (1 << 24))
        except OSError as error: print(errno.errorcode[error.errno])
        """, {"max_memory_mb": 512})
    def test_the_temporary_folder_filled(self, reply):
        self.assertEqual(reply["stdout"], "ENOSPC\n", reply)
        self.assertTrue(reply["success"])

    @attack("""
        i = 0
        while True:
            open(f'/tmp/{i}', 'w').close()
            i += 1
        """, {"timeout_seconds": 4})
    def test_inodes(self, reply):
        # gVisor's tmpfs counts none: memory or time ends it.
        self.assertFalse(reply["success"], reply)

    @attack("""
        import errno, os
        for size in (1 << 30, 1 << 40, (1 << 63) - 1):
            try:
                with open('sparse', 'wb') as file: file.truncate(size)
                print('made')
            except OSError as error: print(errno.errorcode[error.errno])
        try:
            with open('sparse', 'wb') as file:
                file.seek(1 << 40)
                file.write(b'x')
        except OSError as error: print(errno.errorcode[error.errno])
        with open('output/result.txt', 'w') as file: file.write('fine')
        """)
    def test_sparse_files(self, reply):
        self.assertEqual(reply["stdout"], "EFBIG\n" * 4, reply)
        self.assertEqual([each["path"] for each in reply["artifacts"]], ["result.txt"])

    @attack("""
        import os
        os.chdir('output')
        depth = 0
        try:
            while depth < 20000:
                os.mkdir('d')
                os.chdir('d')
                depth += 1
        except OSError as error: print(error)
        open('deep.txt', 'w').close()
        print(depth)
        """)
    def test_deep_directories(self, reply):
        self.assertEqual(reply["artifacts"], [], reply)
        self.assertFalse(reply["timed_out"], reply)

    @attack("""
        keep = []
        try:
            while True: keep.append(open('/dev/null'))
        except OSError as error: print(error.errno)
        while True:
            try: keep.append(__import__('os').dup(1))
            except OSError: break
        print('still here')
        keep.clear()
        open('output/after.txt', 'w').write('kept')
        """)
    def test_all_descriptors(self, reply):
        self.assertEqual(reply["stdout"], "24\nstill here\n", reply)
        self.assertTrue(reply["success"], reply)
        self.assertEqual([each["path"] for each in reply["artifacts"]], ["after.txt"])

    @attack("""
        import os, socket
        def child():
            pairs = []
            try:
                while True: pairs.append(socket.socketpair())
            except OSError: pass
            import time; time.sleep(99)
        for _ in range(70):
            try:
                if os.fork() == 0: child()
            except OSError: break
        print('all', flush=True)
        while True: pass
        """, {"timeout_seconds": 4})
    def test_descriptors_of_many_children(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)


class Computing(HostileTestCase):
    # All within one C call that no Python signal handler interrupts.
    @attack("import re; re.match('(a|aa)+$', 'a' * 200 + 'b')", SHORT)
    def test_regular_expression(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)

    @attack("d = {i * ((1 << 61) - 1): None for i in range(1, 500000)}", SHORT)
    def test_hash_collisions(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)

    @attack("import sys; sys.set_int_max_str_digits(0); str(7 ** 9999999)", SHORT)
    def test_integer_to_string(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)

    @attack("str(7 ** 99999)", SHORT)
    def test_integer_to_string_with_the_interpreters_own_bound(self, reply):
        self.assertEqual(reply["error_type"], "ValueError", reply)

    @attack("9 ** 9 ** 9", SHORT)
    def test_power_tower(self, reply):
        self.assertIn(reply["error_type"], CUT | {"MemoryError"}, reply)

    @attack("import collections; collections.deque(iter(int, 1), maxlen=0)", SHORT)
    def test_endless_iteration_in_c(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)

    @attack("""
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True: pass
        """, {"max_cpu_seconds": 1, "timeout_seconds": 8})
    def test_cpu_limit_with_all_signals_ignored(self, reply):
        self.assertFalse(reply["success"], reply)
        self.assertEqual(reply["signal"], "SIGKILL", reply)
        self.assertFalse(reply["timed_out"], reply)

    @attack("""
        import time
        class Stubborn:
            def __del__(self):
                while True: pass
        keep = Stubborn()
        import atexit
        atexit.register(lambda: time.sleep(99))
        """, SHORT)
    def test_that_does_not_end_at_its_end(self, reply):
        self.assertEqual((reply["error_type"], reply["timed_out"]), ("TimeoutError", True), reply)

    @attack("""
        while True:
            try:
                while True: pass
            except BaseException: pass
        """, SHORT)
    def test_that_catches_everything(self, reply):
        self.assertIn(reply["error_type"], CUT, reply)


class Recursion(HostileTestCase):
    @attack("def f(): f()\nf()")
    def test_plain(self, reply):
        self.assertEqual(reply["error_type"], "RecursionError", reply)

    @attack("""
        import sys
        sys.setrecursionlimit(1 << 30)
        class A:
            def __repr__(self): return repr(self)
        repr(A())
        """)
    def test_without_the_interpreters_bound(self, reply):
        self.assertFalse(reply["success"], reply)
        self.assertIn(reply["signal"], ("SIGSEGV", "SIGKILL", None), reply)

    @attack("""
        import ast, copy, json, pickle, re
        LEVELS = 100
        deep = []
        for _ in range(100_000): deep = [deep]

        def nested_functions():
            code = 'f = lambda: 0'
            for level in range(LEVELS): code = f'exec({code!r})' if len(code) < 1 << 16 else code
            exec(code)
        def generators():
            g = iter(())
            for _ in range(100_000): g = (x for x in g)
            next(g, None)
        def properties():
            class A:
                def __getattr__(self, name): return getattr(self, name + 'x')
            A().a
        def hundred_levels():
            def level(n): return [level(n - 1) for _ in range(1)] if n else level(LEVELS)
            level(LEVELS)

        for bomb in (lambda: repr(deep), lambda: deep == copy.copy(deep) == [deep], lambda: copy.deepcopy(deep),
                     lambda: pickle.dumps(deep), lambda: json.loads('[' * 100_000), lambda: json.dumps(deep),
                     lambda: compile('(' * LEVELS * 10 + ')' * LEVELS * 10, 'x', 'eval'),
                     lambda: ast.literal_eval('[' * LEVELS * 10), lambda: re.compile('(' * 5000 + ')' * 5000),
                     nested_functions, generators, properties, hundred_levels):
            try: bomb()
            except (RecursionError, SyntaxError, MemoryError, ValueError, OverflowError, StopIteration) as error: pass
        del deep
        print('alive')
        """, {"max_memory_mb": 256})
    def test_a_hundred_levels_of_many_kinds(self, reply):
        # A crash would be the submission's own; that it is told truthfully is what counts.
        self.assertTrue(reply["stdout"] == "alive\n" or reply["signal"] == "SIGSEGV", reply)


if __name__ == "__main__":
    unittest.main()
