"""A broker with real sandboxes, the client pointed at it, and a bad connection between them. Standard library only."""

import contextlib
import socket
import threading

import harness

from sallyport import ClientSettings


class BadConnection:
    """Forwards to the broker. It can lose replies, and break what is open."""

    def __init__(self, port):
        self.port = port
        self._lose = 0
        self._pairs = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_replies(self, number):
        """So many of the next connections are broken when the broker's answer comes, before any of it is passed on."""
        self._lose = number

    def cut(self):
        """Breaks what is open; how many connections that were."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            _end(*pair)
        return len(pairs)

    def close(self):
        _end(self._listener)
        self.cut()

    def _accept(self):
        with contextlib.suppress(OSError), self._listener:
            while True:
                client, _ = self._listener.accept()
                pair = (client, socket.create_connection(("127.0.0.1", self.port)))
                with self._lock:
                    self._pairs.add(pair)
                threading.Thread(target=self._forward, args=(*pair, pair, False), daemon=True).start()
                threading.Thread(target=self._forward, args=(*pair[::-1], pair, True), daemon=True).start()

    def _forward(self, source, target, pair, is_answer):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_answer and self._lose > 0:
                    self._lose -= 1
                    break
                target.sendall(data)
        _end(*pair)
        with self._lock:
            if pair not in self._pairs:
                for end in pair:
                    end.close()  # The other direction has ended before.
            self._pairs.discard(pair)


def _end(*ends):
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class ClientTestCase(harness.BrokerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.settings = ClientSettings(base_url=f"http://127.0.0.1:{cls.broker.port}")

    def bad_connection(self):
        """The connection, and settings that lead over it."""
        connection = BadConnection(self.broker.port)
        self.addCleanup(connection.close)
        return connection, ClientSettings(base_url=connection.url)

    def runs_of(self, user):
        """How often something of this user was run, as the audit trail has it."""
        records = self.broker.log_lines("audit.log")
        return sum(r["event"] == "Code execution requested" and r["user_id"] == user for r in records)
