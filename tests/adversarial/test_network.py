"""Submissions without network that try every way to one. All of it ends inside the sandbox, before a packet is made."""

import socket
import threading
import unittest

from hostile import HostileTestCase, attack

# Addresses for documentation, private ranges, the engine's bridge, the resolver of Docker, and where clouds
# keep their metadata.
PROBE = """
import errno, socket
def name(error): return errno.errorcode.get(error.errno, type(error).__name__)
def tcp(address, port, family=socket.AF_INET):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(2)
            s.connect((address, port))
        return 'CONNECTED'
    except OSError as error: return name(error)
def udp(address, port, family=socket.AF_INET):
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.sendto(b'x', (address, port))
        return 'SENT'
    except OSError as error: return name(error)
"""
UNREACHABLE = {"ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"}


class Network(HostileTestCase):
    def assert_unreachable(self, reply, count):
        self.assertTrue(reply["success"], reply)
        lines = reply["stdout"].splitlines()
        self.assertEqual(len(lines), count, lines)
        self.assertLessEqual(set(lines), UNREACHABLE, lines)
        # At once: nothing was waited for, so nothing was sent.
        self.assertLess(reply["execution_time_seconds"], 10)

    @attack(PROBE + """
print(tcp('169.254.169.254', 80), udp('169.254.169.254', 53), tcp('fd00:ec2::254', 80, socket.AF_INET6),
      tcp('169.254.170.2', 80), tcp('100.100.100.200', 80), sep='\\n')
""")
    def test_the_metadata_address(self, reply):
        self.assert_unreachable(reply, 5)

    @attack(PROBE + """
for address in ('192.0.2.1', '10.0.0.1', '172.17.0.1', '172.17.0.2', '192.168.1.1'):
    print(tcp(address, 80), udp(address, 53), sep='\\n')
for address in ('2001:db8::1', 'fd00::1'):
    print(tcp(address, 80, socket.AF_INET6), udp(address, 53, socket.AF_INET6), sep='\\n')
""")
    def test_other_hosts(self, reply):
        self.assert_unreachable(reply, 14)

    @attack(PROBE + """
print(udp('255.255.255.255', 67), udp('224.0.0.251', 5353), udp('239.255.255.250', 1900), udp('ff02::1', 5353, socket.AF_INET6), sep='\\n')
""")
    def test_broadcast_and_multicast(self, reply):
        self.assert_unreachable(reply, 4)

    @attack(PROBE + """
for host in ('example.invalid', 'metadata.google.internal', 'host.docker.internal', 'gateway.docker.internal', 'kubernetes.default.svc'):
    try: print(socket.getaddrinfo(host, 80))
    except OSError as error: print(type(error).__name__)
print(tcp('127.0.0.11', 53), tcp('127.0.0.53', 53))
""")
    def test_names(self, reply):
        self.assertEqual(reply["stdout"], "gaierror\n" * 5 + "ECONNREFUSED ECONNREFUSED\n", reply)

    @attack("""
        import socket
        opened = []
        for family in range(50):
            for kind in (1, 2, 3, 4, 5, 10):
                for protocol in (0, 1, 6, 17, 255):
                    try:
                        socket.socket(family, kind, protocol).close()
                        opened.append((family, kind))
                    except OSError: pass
        print(sorted(set(opened)))
        """)
    def test_kinds_of_sockets(self, reply):
        self.assertTrue(reply["success"], reply)
        opened = set(eval(reply["stdout"]))
        families = {family for family, _ in opened}
        self.assertLessEqual(families, {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}, opened)
        raw = {(family, kind) for family, kind in opened if kind in (socket.SOCK_RAW, 10)}
        self.assertLessEqual({family for family, _ in raw}, {socket.AF_UNIX, socket.AF_NETLINK}, opened)

    @attack("""
        import socket, fcntl, struct
        print([name for _, name in socket.if_nameindex()])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for request, address in ((0x890B, 'route'), (0x8914, 'flags'), (0x8916, 'address'), (0x89A0, 'bridge')):
                try:
                    fcntl.ioctl(s, request, struct.pack('64s', b'lo'))
                    print('CHANGED', address)
                except OSError: pass
        try:
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
                # RTM_NEWLINK: a dummy interface.
                s.sendto(struct.pack('=IHHII', 32, 16, 0x605, 1, 0) + bytes(16), (0, 0))
                s.settimeout(2)
                answer = s.recv(4096)
                kind, error = struct.unpack_from('=H', answer, 4)[0], struct.unpack_from('=i', answer, 16)[0]
                print('CHANGED link' if kind == 2 and error == 0 else 'refused')
        except OSError: print('refused')
        print([name for _, name in socket.if_nameindex()])
        """)
    def test_interfaces(self, reply):
        self.assertEqual(reply["stdout"], "['lo']\nrefused\n['lo']\n", reply)

    @attack("""
        import socket
        reached = []
        for path in ('/run/containerd/containerd.sock', '/var/run/docker.sock', '/run/systemd/notify', '/run/dbus/system_bus_socket'):
            for name in (path, '\\0' + path, '\\0/containerd-shim/moby', '\\0sallyport'):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
                    with socket.socket(socket.AF_UNIX, kind) as s:
                        try:
                            s.connect(name)
                            reached.append(name)
                        except OSError: pass
        print(reached, len(open('/proc/net/unix').read().splitlines()))
        """)
    def test_sockets_of_the_host(self, reply):
        self.assertEqual(reply["stdout"], "[] 1\n", reply)

    def test_the_hosts_loopback(self):
        reached = []
        listeners = []
        abstract = "\0sallyport-test-" + self.broker.instance
        for family, address in ((socket.AF_INET, ("0.0.0.0", 0)), (socket.AF_UNIX, abstract)):
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.bind(address)
            listener.listen()
            listener.settimeout(60)
            listeners.append(listener)

            def accept(listener=listener):
                try:
                    reached.append(listener.accept())
                except OSError:
                    pass  # Closed at the end of the test.

            threading.Thread(target=accept, daemon=True).start()
        port = listeners[0].getsockname()[1]
        try:
            reply = self.submit(PROBE + f"""
for address in ('127.0.0.1', '0.0.0.0'): print(tcp(address, {port}), tcp(address, {self.broker.port}))
print(tcp('::1', {port}, socket.AF_INET6), tcp('::ffff:127.0.0.1', {port}, socket.AF_INET6))
try: socket.socket(socket.AF_UNIX).connect({abstract!r}); print('CONNECTED')
except OSError as error: print(name(error))
""")
            self.assertEqual(reply["stdout"], "ECONNREFUSED ECONNREFUSED\n" * 3 + "ECONNREFUSED\n", reply)
            self.assertEqual(reached, [])
        finally:
            for listener in listeners:
                listener.close()

    @attack("""
        import socket, threading
        server = socket.create_server(('127.0.0.1', 8080))
        threading.Thread(target=lambda: server.accept()[0].sendall(b'own'), daemon=True).start()
        print(socket.create_connection(('127.0.0.1', 8080)).recv(3))
        """)
    def test_a_loopback_of_its_own(self, reply):
        self.assertEqual(reply["stdout"], "b'own'\n", reply)

    def test_network_cannot_be_asked_for(self):
        status, _, error = self.broker.post({"code": "1", "enable_ast_validation": False,
                                             "enable_output_validation": False,
                                             "sandbox_config": {"enable_network": True}})
        self.assertEqual(status, 422, error)
        self.assertIn("enable_network", error["message"])


if __name__ == "__main__":
    unittest.main()
