"""TLS and the Unix socket, as clients and operators meet them."""

import concurrent.futures
import http.client
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import time
import unittest

from harness import Broker, BrokerTestCase, NO_DOORS, UnixConnection, wait_until
from prometheus import metrics_of


def make_certificate(folder, name):
    """(certificate file, key file), self-signed, for 127.0.0.1."""
    certificate, key = f"{folder}/{name}.crt", f"{folder}/{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    os.chmod(key, 0o600)
    return certificate, key


class TlsBroker(Broker):
    """A broker with a certificate, and connections that verify it."""

    def __init__(self, handshake_timeout_seconds=10.0, **sections):
        self.certificates = tempfile.mkdtemp(prefix="sallyport-tls-")
        certificate, key = make_certificate(self.certificates, "first")
        self.certificate, self.key = f"{self.certificates}/used.crt", f"{self.certificates}/used.key"
        self.use(certificate, key)
        tls = {"certificate_file": self.certificate, "key_file": self.key,
               "handshake_timeout_seconds": handshake_timeout_seconds}
        super().__init__(server={"tls": tls}, **sections)

    def use(self, certificate, key):
        shutil.copy(certificate, self.certificate)
        shutil.copy(key, self.key)

    def trusting(self):
        return ssl.create_default_context(cafile=self.certificate)

    def connect(self, timeout=120):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.trusting())

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        shutil.rmtree(self.certificates, ignore_errors=True)

    def served_name(self):
        context = self.trusting()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain:
            with context.wrap_socket(plain) as wrapped:
                return wrapped.getpeercert(binary_form=True)


class OverTls(BrokerTestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = TlsBroker()
        cls.broker.start()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.broker.certificates, ignore_errors=True)

    def test_submissions_and_keep_alive(self):
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        for number in range(3):
            connection.request("POST", "/v1/executions", json.dumps({"code": f"print({number})", **NO_DOORS}),
                               {"Content-Type": "application/json"})
            reply = json.loads(connection.getresponse().read())
            self.assertEqual(reply["stdout"], f"{number}\n")

    def test_large_bodies_both_ways(self):
        text = "0123456789abcdef" * 300_000
        status, _, reply = self.broker.post({"text": text}, path="/v1/redact")
        self.assertEqual(status, 200)
        self.assertIn(text, reply.values())

    def test_many_at_a_time(self):
        def validate(number):
            status, _, reply = self.broker.post({"code": f"x = {number}"}, path="/v1/validate")
            return status, reply["is_valid"]

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            self.assertEqual(set(pool.map(validate, range(200))), {(200, True)})

    def test_protocol_versions(self):
        for version, served in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                                (ssl.TLSVersion.TLSv1_3, True)):
            context = self.broker.trusting()
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            context.minimum_version = version
            with self.subTest(version=version), socket.create_connection(("127.0.0.1", self.broker.port), 10) as plain:
                if served:
                    with context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                        self.assertIn("GCM", wrapped.cipher()[0])
                else:
                    with self.assertRaises(ssl.SSLError):
                        context.wrap_socket(plain, server_hostname="127.0.0.1")

    def test_alpn_is_http_1(self):
        context = self.broker.trusting()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.broker.port), 10) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                self.assertEqual(wrapped.selected_alpn_protocol(), "http/1.1")

    def test_plain_http_gets_nothing(self):
        with socket.create_connection(("127.0.0.1", self.broker.port), 10) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            try:
                while piece := plain.recv(4096):
                    received += piece
            except ConnectionResetError:
                pass
            self.assertNotIn(b"HTTP", received)

    def test_a_client_that_goes_away_ends_its_submission(self):
        connection = self.broker.connect()
        connection.request("POST", "/v1/executions", json.dumps({"code": "while True: pass", **NO_DOORS}),
                           {"Content-Type": "application/json"})
        self.assertTrue(wait_until(self.broker.containers, 20))
        connection.sock.close()
        connection.close()
        self.assertTrue(self.broker.containers_gone(10))

    def test_descriptors_do_not_leak(self):
        self.broker.get("/healthz")
        before = self.broker.descriptors()
        for _ in range(30):
            self.broker.get("/healthz")
            socket.create_connection(("127.0.0.1", self.broker.port), 10).close()
        self.assertTrue(wait_until(lambda: self.broker.descriptors() <= before + 1, 10))


class SilentClients(unittest.TestCase):
    def test_a_handshake_has_a_deadline(self):
        with TlsBroker(handshake_timeout_seconds=0.5) as broker:
            for first_bytes in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01"):
                with socket.create_connection(("127.0.0.1", broker.port), 10) as plain:
                    plain.sendall(first_bytes)
                    began = time.monotonic()
                    try:
                        self.assertEqual(plain.recv(1), b"")
                    except ConnectionResetError:
                        pass
                    self.assertGreaterEqual(time.monotonic() - began, 0.4)
            self.assertEqual(broker.get("/healthz")[0], 200)
            connection = broker.connect()
            connection.request("GET", "/metrics")
            self.assertIn("sallyport_tls_handshake_failures_total 2", connection.getresponse().read().decode())
            connection.close()

    def test_a_slow_request_is_told_and_cut(self):
        with TlsBroker() as broker:
            broker.stop()
            broker.config["server"]["header_timeout_seconds"] = 0.5
            with open(broker.config_file, "w", encoding="utf-8") as file:
                json.dump(broker.config, file)
            broker.start()
            with socket.create_connection(("127.0.0.1", broker.port), 10) as plain:
                with broker.trusting().wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                    wrapped.sendall(b"GET /healthz HTTP/1.1\r\n")
                    self.assertIn(b" 408 ", wrapped.recv(4096))

    def test_a_shutdown_does_not_wait_for_who_says_nothing(self):
        with TlsBroker() as broker:
            with socket.create_connection(("127.0.0.1", broker.port), 10):
                began = time.monotonic()
                broker.stop()
                self.assertLess(time.monotonic() - began, 8)


class Certificates(unittest.TestCase):
    def test_sighup_takes_up_another_certificate_and_keeps_it_when_the_next_is_wrong(self):
        with TlsBroker() as broker:
            first = broker.served_name()
            long_lived = broker.connect()
            long_lived.request("GET", "/healthz")
            long_lived.getresponse().read()

            second, key = make_certificate(broker.certificates, "second")
            broker.use(second, key)
            broker.reload("certificate_loaded")
            self.assertNotEqual(broker.served_name(), first)
            self.assertEqual(broker.get("/healthz")[0], 200)
            long_lived.request("GET", "/healthz")  # With the certificate of before.
            self.assertEqual(long_lived.getresponse().status, 200)
            long_lived.close()

            served = broker.served_name()
            shutil.copy(make_certificate(broker.certificates, "third")[1], broker.key)
            broker.reload("certificate_kept")
            self.assertEqual(broker.served_name(), served)

    def test_what_is_wrong_is_said_at_the_start(self):
        def wrong(change, reason):
            with TlsBroker() as broker:
                broker.stop()
                change(broker)
                with self.assertRaisesRegex(AssertionError, reason):
                    broker.start()

        wrong(lambda broker: os.remove(broker.certificate), "server.tls.certificate_file")
        wrong(lambda broker: os.remove(broker.key), "server.tls.key_file")
        wrong(lambda broker: os.chmod(broker.key, 0o644), "chmod 600")
        wrong(lambda broker: shutil.copy(make_certificate(broker.certificates, "x")[1], broker.key),
              "server.tls.key_file")


class OnAUnixSocket(unittest.TestCase):
    def setUp(self):
        # Not in the broker's folder: paths of Unix sockets are short.
        self.folder = tempfile.mkdtemp(prefix="sps-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.path = f"{self.folder}/broker.sock"

    def broker(self, mode="0660"):
        broker = Broker(server={"unix_socket": {"path": self.path, "mode": mode}})
        self.addCleanup(shutil.rmtree, broker.folder, ignore_errors=True)
        self.addCleanup(broker.stop)
        return broker

    def get(self, path="/healthz"):
        connection = UnixConnection(self.path, 10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def test_serves_beside_the_address_and_leaves_nothing(self):
        broker = self.broker("0600")
        broker.start()
        status = os.stat(self.path)
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual(status.st_mode & 0o777, 0o600)
        self.assertEqual(self.get(), 200)
        self.assertEqual(broker.get("/healthz")[0], 200)
        connection = UnixConnection(self.path, 60)
        for number in range(2):
            connection.request("POST", "/v1/executions", json.dumps({"code": f"print({number})", **NO_DOORS}),
                               {"Content-Type": "application/json"})
            self.assertEqual(json.loads(connection.getresponse().read())["stdout"], f"{number}\n")
        connection.close()
        broker.stop()
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_client_that_goes_away_ends_its_submission(self):
        broker = self.broker()
        broker.start()
        connection = UnixConnection(self.path, 60)
        connection.request("POST", "/v1/executions", json.dumps({"code": "while True: pass", **NO_DOORS}),
                           {"Content-Type": "application/json"})
        self.assertTrue(wait_until(broker.containers, 20))
        connection.close()
        self.assertTrue(broker.containers_gone(10))

    def test_a_socket_that_a_killed_broker_left_is_replaced(self):
        broker = self.broker()
        broker.start()
        broker.kill()
        self.assertTrue(os.path.exists(self.path))
        broker.start()
        self.assertEqual(self.get(), 200)

    def test_one_that_is_in_use_is_not_taken(self):
        first = self.broker()
        first.start()
        second = self.broker()
        with self.assertRaisesRegex(AssertionError, "somebody listens there already"):
            second.start()
        self.assertEqual(self.get(), 200)

    def test_a_path_that_is_too_long_is_said(self):
        self.path = f"{self.folder}/{'x' * 120}.sock"
        with self.assertRaisesRegex(AssertionError, "too long"):
            self.broker().start()

    def test_another_file_is_not_touched(self):
        with open(self.path, "w", encoding="ascii") as file:
            file.write("precious")
        with self.assertRaisesRegex(AssertionError, "no socket"):
            self.broker().start()
        with open(self.path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")

    def test_who_connects_needs_a_key_where_others_do(self):
        broker = self.broker()
        broker.config["keys"] = {"required": True}
        with open(broker.config_file, "w", encoding="utf-8") as file:
            json.dump(broker.config, file)
        broker.start()
        self.assertEqual(self.get("/metrics"), 401)
        self.assertEqual(self.get(), 200)


class UnixSocketAlone(unittest.TestCase):
    def test_nothing_listens_on_an_address(self):
        folder = tempfile.mkdtemp(prefix="spu-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        path = f"{folder}/broker.sock"
        # An address that other hosts reach would need TLS and a key, if it were used.
        with Broker(server={"tcp": False, "address": "0.0.0.0", "unix_socket": {"path": path}}) as broker:
            self.assertIsNone(broker.port)
            connection = UnixConnection(path, 60)
            connection.request("POST", "/v1/executions", json.dumps({"code": "print(6 * 7)", **NO_DOORS}),
                               {"Content-Type": "application/json", "Host": "anything.example"})
            self.assertEqual(json.loads(connection.getresponse().read())["stdout"], "42\n")
            connection.close()
            sockets = {os.readlink(f"/proc/{broker.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{broker.process.pid}/fd")}
            with open("/proc/net/tcp", encoding="ascii") as table:
                listening = {f"socket:[{line.split()[9]}]" for line in list(table)[1:] if line.split()[3] == "0A"}
            self.assertEqual(sockets & listening, set())
        broker = Broker(server={"tcp": False})
        self.addCleanup(shutil.rmtree, broker.folder, ignore_errors=True)
        self.addCleanup(broker.stop)
        with self.assertRaisesRegex(AssertionError, "server.unix_socket.path"):
            broker.start()


class RebindingTest(BrokerTestCase):
    """A page whose name was made to resolve to 127.0.0.1 sends its own name."""

    sections = {"server": {"host_names": "broker.example"}}

    def ask(self, host, method="GET", path="/metrics", body=None, **headers):
        connection = self.broker.connect()
        try:
            connection.request(method, path, body, {"Host": host, "Content-Type": "application/json", **headers})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def refused(self):
        return metrics_of(self.broker).value("sallyport_authentication_failures_total", reason="host")

    def test_only_our_names_are_served(self):
        for host in ("localhost", f"127.0.0.1:{self.broker.port}", "[::1]:1", "broker.example"):
            self.assertEqual(self.ask(host)[0], 200, host)
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        before = self.refused()
        for method, path, body in (("GET", "/metrics", None), ("GET", "/v1/executions", None), ("GET", "/v1/audit", None),
                                   ("POST", "/v1/executions", json.dumps({"code": "print(1)"})), ("POST", "/mcp", call)):
            status, text = self.ask("evil.example", method, path, body)
            self.assertEqual((status, json.loads(text)["details"]["reason"]), (421, "host"), path)
            self.assertIn("server.host_names", json.loads(text)["message"])
        self.assertEqual(self.refused() - before, 5)
        # What tells nothing of anybody answers to all.
        self.assertEqual(self.ask("evil.example", path="/healthz")[0], 200)

    def test_mcp_looks_at_the_origin_too(self):
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        self.assertEqual(self.ask("localhost", "POST", "/mcp", call, Origin="http://evil.example")[0], 403)
        self.assertEqual(self.ask("evil.example", "POST", "/mcp", call, Origin="http://evil.example")[0], 421)


if __name__ == "__main__":
    unittest.main()
