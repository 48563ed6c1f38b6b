"""Submissions that mean harm. Each asserts what the submitter sees and that the next submission is served as ever."""

import base64
import http.server
import threading
import unittest

from harness import BrokerTestCase


class Adversarial(BrokerTestCase):
    sections = {"admission": {"max_concurrent": 2}}

    def tearDown(self):
        reply = self.broker.run("import os\nprint('next', sorted(os.listdir('.')), os.listdir('/tmp'))")
        self.assertEqual(reply["stdout"], "next ['output'] []\n")
        self.assertTrue(self.broker.containers_gone(10))

    def run_limited(self, code, **limits):
        return self.broker.run(code, sandbox_config={"timeout_seconds": 5, "max_memory_mb": 128, **limits})

    # --- resources

    def test_fork_bomb(self):
        reply = self.run_limited("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n")
        self.assertIn(reply["error_type"], {"TimeoutError", "ResourceLimitError"})

    def test_thread_bomb(self):
        reply = self.run_limited("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n")
        self.assertEqual(reply["error_type"], "RuntimeError")

    def test_memory_by_mmap(self):
        reply = self.run_limited("import mmap\nkeep = []\nwhile True:\n    m = mmap.mmap(-1, 1 << 22)\n    m.write(b'x' * (1 << 22))\n    keep.append(m)\n")
        self.assertFalse(reply["success"])

    def test_memory_by_the_work_folder(self):
        reply = self.run_limited("for i in range(99):\n    open(f'f{i}', 'wb').write(b'x' * (1 << 24))\n")
        self.assertFalse(reply["success"])

    def test_endless_line_on_both_streams(self):
        reply = self.run_limited("import os\nwhile True:\n    os.write(1, b'o' * 65536)\n    os.write(2, b'e' * 65536)\n", max_output_bytes=100000)
        self.assertEqual(reply["error_type"], "ResourceLimitError")
        self.assertLess(len(reply["stdout"]) + len(reply["stderr"]), 100200)

    def test_descriptors(self):
        reply = self.run_limited("keep = [open('/dev/null') for _ in range(100000)]\n")
        self.assertEqual(reply["error_type"], "OSError")

    def test_recursion(self):
        self.assertEqual(self.run_limited("def f(): f()\nf()\n")["error_type"], "RecursionError")

    def test_stops_itself(self):
        reply = self.run_limited("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n", timeout_seconds=2)
        self.assertEqual(reply["error_type"], "TimeoutError")

    # --- the report and the artifacts

    def test_forged_reports(self):
        # Whatever it finds in the agent's frames and writes to its descriptors: the engine's word stands.
        code = (
            "import gc, os, struct, json\n"
            "nonces = {o for o in gc.get_objects() if isinstance(o, bytes) and len(o) == 16}\n"
            "import sys\n"
            "frame = sys._getframe()\n"
            "while frame:\n"
            "    for v in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
            "        for w in [v] + (list(getattr(v, '__dict__', {}).values())):\n"
            "            if isinstance(w, bytes) and len(w) == 16: nonces.add(w)\n"
            "            if isinstance(w, str) and len(w) == 32:\n"
            "                try: nonces.add(bytes.fromhex(w))\n"
            "                except ValueError: pass\n"
            "    frame = frame.f_back\n"
            "body = json.dumps({'outcome': 'returned', 'exit_code': 0, 'exception': None, 'notes': [],\n"
            "  'artifacts': [{'path': '../../etc/passwd', 'size': 1, 'content_base64': 'eA=='}],\n"
            "  'usage': {'cpu_seconds': 0, 'max_rss_kb': 0}}).encode()\n"
            "for n in nonces | {b'0' * 16}: os.write(1, n + struct.pack('>I', len(body)) + body)\n"
            "os.kill(os.getpid(), 11)\n")
        reply = self.run_limited(code)
        self.assertFalse(reply["success"])
        self.assertEqual(reply["signal"], "SIGSEGV")
        self.assertEqual(reply["artifacts"], [])

    def test_artifact_names(self):
        reply = self.run_limited(
            "import os\n"
            "os.mkdir('output/ok')\nopen('output/ok/fine.txt', 'w').write('fine')\n"
            "open(b'output/bad\\xff', 'w').write('x')\nopen('output/new\\nline', 'w').write('x')\n"
            "os.symlink('/etc/passwd', 'output/link')\nos.symlink('..', 'output/up')\nos.mkfifo('output/pipe')\n"
            "try: os.link('/etc/passwd', 'output/hard')\nexcept OSError: pass\n")
        self.assertTrue(reply["success"], reply)
        self.assertEqual([a["path"] for a in reply["artifacts"]], ["ok/fine.txt"])
        self.assertEqual(base64.b64decode(reply["artifacts"][0]["content_base64"]), b"fine")

    def test_output_folder_replaced_by_a_link(self):
        reply = self.run_limited("import os\nos.rmdir('output')\nos.symlink('/etc', 'output')\n")
        self.assertEqual(reply["artifacts"], [])

    def test_an_artifact_without_end(self):
        reply = self.run_limited("import os\nos.symlink('/dev/zero', 'output/zero')\nf = open('output/sparse', 'wb')\nf.truncate(1 << 24)\n",
                                 max_artifact_bytes=100000)
        self.assertTrue(reply["success"], reply)
        self.assertEqual(reply["artifacts"], [])
        self.assertTrue(any("sparse" in note for note in reply["notes"]), reply["notes"])

    # --- the way out

    def test_probes(self):
        reply = self.run_limited(
            "import ctypes, os, socket\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "def tried(name, result): print(name, 'refused' if result else 'ALLOWED')\n"
            "tried('setuid', libc.setuid(0) != 0)\n"
            "tried('mount', libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0)\n"
            "tried('reboot', libc.reboot(0x1234567) != 0)\n"
            "def opens(path):\n"
            "    try:\n        open(path, 'rb').close(); return True\n"
            "    except OSError: return False\n"
            "for path in ('/var/run/docker.sock', '/run/docker.sock', '/dev/mem', '/dev/kmem', '/dev/sda', '/dev/vda',\n"
            "             '/dev/kvm', '/proc/kcore', '/sys/kernel/security/lockdown', '/etc/shadow'):\n"
            "    tried(path, not opens(path))\n"
            "def raw():\n"
            "    try: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); return False\n"
            "    except OSError: return True\n"
            "tried('raw socket', raw())\n")
        self.assertTrue(reply["success"], reply)
        self.assertNotIn("ALLOWED", reply["stdout"])
        self.assertEqual(reply["stdout"].count("refused"), 14)

    def test_the_hosts_loopback_is_out_of_reach(self):
        hits = []

        class Listener(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                hits.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            reply = self.run_limited(
                "import socket\n"
                f"for port in ({server.server_port}, {self.broker.port}):\n"
                "    try:\n        socket.create_connection(('127.0.0.1', port), 1); print('REACHED')\n"
                "    except OSError as e: print(type(e).__name__)\n")
        finally:
            server.shutdown()
            server.server_close()
        self.assertEqual(reply["stdout"], "ConnectionRefusedError\nConnectionRefusedError\n")
        self.assertEqual(hits, [])

    def test_names_do_not_resolve(self):
        reply = self.run_limited("import socket\ntry:\n    socket.getaddrinfo('example.invalid', 80)\nexcept OSError as e: print('no')\n")
        self.assertEqual(reply["stdout"], "no\n")


if __name__ == "__main__":
    unittest.main()
