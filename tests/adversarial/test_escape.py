"""Submissions that look for a way out: signals, system calls, devices, files of the host, privileges, secrets."""

import os
import socket
import unittest
import uuid

from hostile import HostileTestCase, attack

# In the broker's environment; nothing of it may come into a sandbox.
CANARY = "canary-" + uuid.uuid4().hex
os.environ["CANARY_OF_THE_HOST"] = CANARY

# Numbers of x86-64. Calls that hand out power over more than the caller's own process.
CALLS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *arguments):
    ctypes.set_errno(0)
    arguments = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = libc.syscall(ctypes.c_long(number), *arguments)
    print(name, 'refused' if result < 0 else 'GRANTED', errno.errorcode.get(ctypes.get_errno(), ''))
"""


def calls(code):
    return CALLS + code


class Signals(HostileTestCase):
    @attack("""
        import os, signal
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGCHLD):
            pid = os.fork()
            if pid == 0:
                try: os.kill(1, number)
                finally: os._exit(0)
            os.waitpid(pid, 0)
        print('alive')
        """)
    def test_to_process_1_from_a_child(self, reply):
        # Of process 1 Linux drops what has no handler; SIGINT has one of Python's own.
        self.assertTrue(reply["stdout"] == "alive\n" or reply["error_type"] in ("KeyboardInterrupt", "SystemError"), reply)

    @attack("""
        import os, time
        if os.fork() == 0:
            os.kill(1, 9)
            os._exit(0)
        time.sleep(1)
        print('alive')
        """)
    def test_sigkill_to_process_1(self, reply):
        self.assertTrue(reply["stdout"] == "alive\n" or reply["signal"] == "SIGKILL", reply)

    @attack("""
        import os
        for pid in (-1, 0):
            try: os.kill(pid, 9)
            except ProcessLookupError: pass
        print('alive')
        """)
    def test_sigkill_to_all(self, reply):
        self.assertTrue(reply["stdout"] == "alive\n" or reply["signal"] == "SIGKILL", reply)

    @attack("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nprint('on')", {"timeout_seconds": 2})
    def test_stops_itself(self, reply):
        self.assertEqual((reply["error_type"], reply["timed_out"]), ("TimeoutError", True), reply)

    @attack("""
        import os, signal, time
        if os.fork() == 0:
            os.kill(1, signal.SIGSTOP)
            time.sleep(99)
        while True: time.sleep(0.1)
        """, {"timeout_seconds": 2})
    def test_process_1_is_stopped_by_a_child(self, reply):
        self.assertEqual((reply["error_type"], reply["timed_out"]), ("TimeoutError", True), reply)

    @attack("""
        import os, signal
        for pid in range(2, 4000):
            try:
                os.kill(pid, 0)
                print('SEEN', pid)
            except OSError: pass
        for name in ('getpgid', 'getsid', 'sched_getaffinity'):
            for pid in range(2, 500):
                try: print('SEEN', name, getattr(os, name)(pid))
                except OSError: pass
        print([each for each in os.listdir('/proc') if each.isdigit()])
        """)
    def test_other_processes(self, reply):
        self.assertEqual(reply["stdout"], "['1']\n", reply)


class SystemCalls(HostileTestCase):
    @attack(calls("""
call('keyctl', 250, 0, -3, 1, 0, 0)
call('add_key', 248, b'user', b'name', b'secret', 6, -3)
call('request_key', 249, b'user', b'name', 0, -3)
call('bpf', 321, 0, bytes(120), 120)
call('userfaultfd', 323, 0)
call('perf_event_open', 298, bytes(112), 0, -1, -1, 0)
call('kexec_load', 246, 0, 0, 0, 0)
call('init_module', 175, bytes(64), 64, b'')
call('finit_module', 313, 0, b'', 0)
call('delete_module', 176, b'x', 0)
call('mount', 165, b'none', b'/tmp', b'tmpfs', 0, 0)
call('mount host', 165, b'/dev/sda', b'/tmp', b'ext4', 0, 0)
call('umount', 166, b'/workspace', 2)
call('pivot_root', 155, b'/', b'/')
call('chroot', 161, b'/tmp')
call('swapon', 167, b'/tmp', 0)
call('reboot', 169, 0xfee1dead, 672274793, 0x1234567, 0)
call('sethostname', 170, b'x', 1)
call('settimeofday', 164, bytes(16), 0)
call('clock_settime', 227, 0, bytes(16))
call('iopl', 172, 3)
call('ioperm', 173, 0, 1, 1)
call('setns', 308, 0, 0)
call('open_by_handle_at', 304, -100, bytes(64), 0)
call('fanotify_init', 300, 0, 0)
call('acct', 163, b'/tmp/x')
call('quotactl', 179, 0, 0, 0, 0)
call('vhangup', 153)
call('process_vm_readv', 310, 2, bytes(16), 1, bytes(16), 1, 0)
call('move_pages', 279, 2, 0, 0, 0, 0, 0)
call('memfd_secret', 447, 0)
call('setuid', 105, 0)
call('setgid', 106, 0)
call('setreuid', 113, 0, 0)
call('setresuid', 117, 0, 0, 0)
call('setgroups', 116, 1, bytes(4))
call('capset', 126, (0x20080522).to_bytes(4, 'little') + bytes(4), b'\\xff' * 24)
"""))
    def test_each_is_refused(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertNotIn("GRANTED", reply["stdout"])
        self.assertEqual(reply["stdout"].count("refused"), 37)

    @attack(calls("""
import mmap, struct
parameters = ctypes.create_string_buffer(120)
ring = libc.syscall(ctypes.c_long(425), ctypes.c_long(8), parameters)
if ring >= 0:
    entries = mmap.mmap(ring, 8 * 64, flags=mmap.MAP_SHARED, offset=0x10000000)
    # IORING_OP_OPENAT of /etc/shadow and IORING_OP_SOCKET.
    for operation in (18, 45): entries[:64] = struct.pack('=BBHiQQII', operation, 0, 0, -100, 0, 0, 0, 0) + bytes(32)
    for _ in range(100): libc.syscall(ctypes.c_long(426), ctypes.c_long(ring), 1, 1, 1, 0, 0)
print('done')
"""), {"timeout_seconds": 3})
    def test_io_uring(self, reply):
        # gVisor of 2022 has a small one of its own; the host's is never asked.
        self.assertTrue(reply["success"] or reply["timed_out"], reply)

    @attack(calls("""
import os
call('unshare user', 272, 0x10000000)
call('unshare mount', 272, 0x20000)
call('unshare pid', 272, 0x20000000)
call('unshare net', 272, 0x40000000)
call('unshare uts', 272, 0x4000000)
for name, arguments in (('proc', (165, b'proc', b'/tmp', b'proc', 0, 0)), ('tmpfs', (165, b'none', b'/usr', b'tmpfs', 0, 0)),
                        ('remount', (165, b'none', b'/', 0, 0x20, 0)), ('bind', (165, b'/tmp', b'/usr', 0, 0x1000, 0))):
    call('mount ' + name, *arguments)
try:
    open('/usr/lib/sallyport/agent.py', 'ab')
    print('WRITABLE')
except OSError: print('read-only')
call('setuid', 105, 0)
try: print(open('/etc/shadow').read())
except OSError: print('no shadow')
for link in ('/proc/1/root', '/proc/self/root', '/proc/self/cwd'):
    try: print(sorted(os.listdir(link + '/../../../../..'))  == sorted(os.listdir('/')))
    except OSError as error: print(True)
"""))
    def test_with_namespaces_of_its_own(self, reply):
        # gVisor grants an unprivileged user namespace; in it nothing more is to be had.
        lines = reply["stdout"].splitlines()
        self.assertTrue(reply["success"], reply)
        self.assertFalse([line for line in lines if line.startswith("mount") and "GRANTED" in line], lines)
        self.assertIn("read-only", lines)
        self.assertIn("no shadow", lines)
        self.assertEqual(lines.count("True"), 3)

    @attack(calls("""
import os, time
call('traceme', 101, 0, 0, 0, 0)
child = os.fork()
if child == 0:
    for request in (16, 0x4206):
        libc.syscall(ctypes.c_long(101), ctypes.c_long(request), ctypes.c_long(1), 0, 0)
    time.sleep(99)
for pid in range(2, 200):
    if pid != child and libc.syscall(ctypes.c_long(101), ctypes.c_long(16), ctypes.c_long(pid), 0, 0) == 0: print('TRACED', pid)
print('done', flush=True)
"""), {"timeout_seconds": 4})
    def test_ptrace(self, reply):
        # At most its own processes, process 1 among them, which may stop for good by that.
        self.assertNotIn("TRACED", reply["stdout"])
        self.assertTrue(reply["success"] or reply["timed_out"], reply)

    @attack("""
        import ctypes, random
        libc = ctypes.CDLL(None)
        random.seed(4711)
        # Not: fork and its like, exits, pauses, waits, signals, stops of its own.
        harmful = {15, 23, 34, 35, 56, 57, 58, 60, 61, 62, 128, 130, 131, 200, 202, 230, 231, 232, 234, 247, 270, 271, 281, 435}
        for _ in range(4000):
            number = random.randrange(0, 450)
            if number in harmful: continue
            libc.syscall(number, *[random.choice((0, 1, 2, -1, 1 << 20, 1 << 62, 0x7fffffff)) for _ in range(6)])
        """, {"timeout_seconds": 5, "max_output_bytes": 10000})
    def test_system_calls_at_random(self, reply):
        # It ends somehow, most likely by its own hand; the sandbox is all that it can hurt.
        self.assertLess(reply["total_time_seconds"], 30)


class Files(HostileTestCase):
    @attack("""
        import os
        def opens(path, mode='rb'):
            try:
                with open(path, mode) as file: file.read(1) if 'r' in mode else file.write(b'1')
                return True
            except OSError: return False
        paths = ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock', '/run/sallyport/docker.sock',
                 '/dev/mem', '/dev/kmem', '/dev/port', '/dev/sda', '/dev/vda', '/dev/nvme0n1', '/dev/kvm', '/dev/kmsg', '/dev/fuse',
                 '/dev/net/tun', '/dev/console', '/proc/kcore', '/proc/kallsyms', '/proc/sysrq-trigger', '/proc/kmsg',
                 '/proc/1/mem', '/proc/config.gz', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/proc/modules',
                 '/sys/kernel/security/lockdown', '/sys/firmware/efi', '/sys/kernel/debug', '/sys/fs/cgroup/release_agent',
                 '/etc/shadow', '/etc/sudoers', '/root/.bashrc', '/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches']
        for path in paths:
            if opens(path): print('READ', path)
        for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger',
                     '/sys/power/state', '/sys/fs/cgroup/x', '/sys/fs/cgroup/memory.max', '/proc/sys/vm/overcommit_memory',
                     '/etc/passwd', '/etc/hosts', '/etc/resolv.conf', '/usr/bin/x', '/lib/x', '/x', '/run/x', '/home/x', '/var/x'):
            if opens(path, 'wb'): print('WRITTEN', path)
        print('done')
        """)
    def test_proc_sys_devices_and_sockets(self, reply):
        self.assertEqual(reply["stdout"], "done\n", reply)

    @attack("""
        import os, stat
        print(sorted(os.listdir('/dev')))
        odd = []
        for name in os.listdir('/dev'):
            status = os.stat('/dev/' + name)
            if stat.S_ISBLK(status.st_mode): odd.append(name)
        print(odd)
        for name, kind, device in (('b', stat.S_IFBLK, os.makedev(8, 0)), ('v', stat.S_IFBLK, os.makedev(254, 0)),
                                   ('m', stat.S_IFCHR, os.makedev(1, 1)), ('k', stat.S_IFCHR, os.makedev(10, 232))):
            try:
                os.mknod('/tmp/' + name, 0o666 | kind, device)
                os.open('/tmp/' + name, os.O_RDWR)
                print('OPENED', name)
            except OSError: pass
        """)
    def test_devices(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertNotIn("OPENED", reply["stdout"])
        self.assertEqual(reply["stdout"].splitlines()[1], "[]")

    @attack("""
        import os, stat, subprocess, sys
        found = []
        for folder, _, names in os.walk('/', onerror=lambda e: None):
            if folder.startswith(('/proc', '/sys')): continue
            for name in names:
                path = os.path.join(folder, name)
                try: mode = os.lstat(path).st_mode
                except OSError: continue
                if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID): found.append(path)
        import shutil
        shutil.copy(sys.executable, '/tmp/python')
        os.chmod('/tmp/python', 0o6755)
        found.append('/tmp/python')
        for path in found:
            arguments = {'su': ['-c', 'id -u'], 'mount': ['-t', 'tmpfs', 'none', '/tmp']}.get(os.path.basename(path))
            arguments = arguments or (['-c', 'import os; print(os.geteuid())'] if 'python' in path else [])
            try: done = subprocess.run([path] + arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5)
            except PermissionError: continue
            if done.stdout.strip() == '0': print('ROOT', path)
        print('done', os.getresuid(), os.getresgid())
        """)
    def test_setuid_programs(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(reply["stdout"], "done (65534, 65534, 65534) (65534, 65534, 65534)\n")


class Secrets(HostileTestCase):
    @attack("""
        import os
        def show(path):
            try:
                with open(path, 'rb') as file: print(path, file.read(100_000).decode('latin-1'))
            except OSError: pass
        print(dict(os.environ))
        for pid in [each for each in os.listdir('/proc') if each.isdigit()]:
            for name in ('environ', 'cmdline', 'cgroup', 'mountinfo', 'mounts', 'maps', 'status', 'limits', 'comm', 'uid_map'):
                show(f'/proc/{pid}/{name}')
            for fd in os.listdir(f'/proc/{pid}/fd'):
                try: print(fd, os.readlink(f'/proc/{pid}/fd/{fd}'))
                except OSError: pass
        for path in ('/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/etc/mtab', '/.dockerenv', '/proc/cmdline', '/proc/version',
                     '/proc/net/unix', '/proc/net/tcp', '/proc/net/route', '/proc/net/arp', '/proc/sys/kernel/hostname',
                     '/proc/sys/kernel/random/boot_id', '/usr/lib/sallyport/agent.json'):
            show(path)
        print(os.uname())
        """, files=[{"path": "own.txt", "content": "own"}])
    def test_environment_command_line_and_mounts(self, reply):
        self.assertTrue(reply["success"], reply)
        container = self.container_of(reply["id"])
        text = reply["stdout"]
        for secret in (CANARY, self.broker.instance, self.broker.folder, self.broker.engine.path, container, container[:12],
                       reply["id"], socket.gethostname() + "\n", "docker.sock", "overlay2", "/var/lib"):
            self.assertNotIn(secret, text)

    @attack("""
        import os
        environment = open('/proc/1/environ', 'rb').read().split(b'\\0')
        print(sorted(each.split(b'=')[0].decode() for each in environment if each))
        print(open('/proc/1/cmdline', 'rb').read().split(b'\\0')[:-1])
        """)
    def test_that_is_all_the_agent_was_given(self, reply):
        names, command = reply["stdout"].splitlines()
        self.assertEqual(names, "['HOME', 'HOSTNAME', 'LANG', 'MALLOC_ARENA_MAX', 'PATH']")
        self.assertRegex(command, r"^\[b'[^']*python3[^']*', b'-I', b'-X', b'utf8', b'/usr/lib/sallyport/agent\.pyc'\]$")

    @attack("""
        import gc
        texts = set()
        for each in gc.get_objects():
            if type(each) is dict:
                for pair in list(each.items()):
                    texts.update(str(part)[:2000] for part in pair if type(part) in (str, bytes))
        print('\\n'.join(texts).encode('ascii', 'replace').decode()[:900_000])
        """)
    def test_the_agents_own_objects(self, reply):
        self.assertTrue(reply["success"], reply)
        for secret in (CANARY, self.broker.instance, self.broker.folder, self.broker.engine.path, reply["id"]):
            self.assertNotIn(secret, reply["stdout"])


if __name__ == "__main__":
    unittest.main()
