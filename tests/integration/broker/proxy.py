"""A proxy between broker and engine that can cut, and hold up, the connections of one kind of call."""

import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time


class EngineProxy:
    def __init__(self, engine_socket):
        # Not below the test's own folder: paths of Unix sockets are short.
        self.folder = tempfile.mkdtemp(prefix="spp-", dir="/var/tmp")
        self.socket = f"{self.folder}/proxy.sock"
        self._engine_socket = engine_socket
        self._open = {}  # What was asked last on it, by the pair of its sockets.
        self._lock = threading.Lock()
        self.delays = {}  # Seconds that a call waits here, by what its request line holds.
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.socket)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()
        self.cut("")
        shutil.rmtree(self.folder, ignore_errors=True)

    def cut(self, call):
        """Cuts every connection whose last request line holds `call`; gives how many."""
        with self._lock:
            chosen = [pair for pair, line in self._open.items() if call in line]
            for pair in chosen:
                del self._open[pair]
        for pair in chosen:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        return len(chosen)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self._engine_socket)
            pair = (client, engine)
            with self._lock:
                self._open[pair] = ""
            threading.Thread(target=self._forward, args=(client, engine, pair, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(engine, client, pair, False), daemon=True).start()

    def _forward(self, source, target, pair, asks):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                line = data.split(b"\r\n", 1)[0].decode("latin-1")
                if asks and line.endswith("HTTP/1.1"):
                    with self._lock:
                        if pair in self._open:
                            self._open[pair] = line
                    time.sleep(sum(seconds for call, seconds in self.delays.items() if call in line))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
            if asks:
                return  # A half-close: the engine's answer is still to come.
        with self._lock:
            self._open.pop(pair, None)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            if os.path.exists(self.folder):
                end.close()
