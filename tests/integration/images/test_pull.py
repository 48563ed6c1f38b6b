"""`sallyport images build --base pull`, from a real registry on the loopback interface.

The pulled image has the recipe's packages already, so that its apt-get has nothing to fetch: what is tested is the
way from a registry to a verified image, not the package archive.
"""

import io
import json
import os
import re
import socket
import subprocess
import tarfile
import tempfile
import unittest

from harness import BINARY, ENGINE_SOCKET, Engine, wait_until

PRESENT = "#!/bin/sh\nexit 0\n"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Registry:
    """Debian's docker-registry, keeping its blobs in `folder`."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{free_port()}"
        config = {"version": 0.1, "log": {"level": "error"}, "http": {"addr": self.address},
                  "storage": {"filesystem": {"rootdirectory": f"{folder}/blobs"}}}
        with open(f"{folder}/registry.yml", "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML.
        self.process = subprocess.Popen(["docker-registry", "serve", f"{folder}/registry.yml"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_until(self.listens, 20):
            raise AssertionError("docker-registry does not listen")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.rsplit(":", 1)[1]))) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Pull(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sallyport-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.registry = Registry(self.folder)
        self.addCleanup(self.registry.stop)
        self.reference = f"{self.registry.address}/base:1"

    def docker(self, *arguments, stdin=None):
        done = subprocess.run(["docker", "-H", f"unix://{ENGINE_SOCKET}", *arguments], input=stdin,
                              capture_output=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout

    def remove(self, image):
        Engine().call("DELETE", f"/images/{image}?force=1")

    def push_base(self):
        """The root file system that the recipe `python` was built on, with an apt-get, in the registry."""
        _, images = Engine().call("GET", "/images/json")
        base = next(tag for image in images for tag in image.get("RepoTags") or []
                    if re.match(r"sallyport/base:", tag) and "python" in self.message_of(image["Id"]))
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for name, text, mode in (("Dockerfile", f"FROM {base}\nCOPY apt-get /usr/bin/\n"
                                      "COPY passwd group /etc/\n", 0o644),
                                     ("apt-get", PRESENT, 0o755),
                                     ("passwd", "root:x:0:0:root:/root:/bin/sh\n", 0o644),
                                     ("group", "root:x:0:\n", 0o644)):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(text), mode
                tar.addfile(entry, io.BytesIO(text.encode()))
        self.docker("build", "--network", "none", "-t", self.reference, "-", stdin=context.getvalue())
        self.addCleanup(self.remove, self.reference)
        self.docker("push", self.reference)
        self.remove(self.reference)

    def message_of(self, identity):
        _, history = Engine().call("GET", f"/images/{identity}/history")
        return " ".join(layer["Comment"] for layer in history)

    def test_a_pulled_base_becomes_a_verified_image(self):
        self.push_base()
        source = os.path.join(os.path.dirname(__file__), "../../../images/recipes/python/recipe.json")
        os.makedirs(f"{self.folder}/recipes/pulled")
        with open(source, encoding="utf-8") as file:
            recipe = file.read().replace('"name": "python"', '"name": "pulled"').replace(
                "debian:12-slim", self.reference)
        with open(f"{self.folder}/recipes/pulled/recipe.json", "w", encoding="utf-8") as file:
            file.write(recipe)
        config = {"engine": {"socket": ENGINE_SOCKET},
                  "images": {"recipes": f"{self.folder}/recipes", "record": f"{self.folder}/images.json"},
                  "instance": {"name": "pull-test", "state_folder": self.folder}}
        with open(f"{self.folder}/config.json", "w", encoding="utf-8") as file:
            json.dump(config, file)

        self.addCleanup(self.remove, "sallyport/pulled:latest")
        done = subprocess.run([BINARY, "images", "build", "pulled", "--base", "pull", "--config",
                               f"{self.folder}/config.json"], capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("pulled: verified, Python 3.11", done.stdout)
        with open(f"{self.folder}/images.json", encoding="utf-8") as file:
            self.assertIn("pulled", file.read())

    def test_what_the_registry_does_not_have_is_named(self):
        os.makedirs(f"{self.folder}/recipes/pulled")
        with open(f"{self.folder}/recipes/pulled/recipe.json", "w", encoding="utf-8") as file:
            json.dump({"name": "pulled", "description": "d", "base": {"pull": self.reference}, "python": "3.11",
                       "packages": ["python3"], "imports": [],
                       "self_test": {"code": ["print(1)"], "expected_stdout": ["1", ""]}}, file)
        with open(f"{self.folder}/config.json", "w", encoding="utf-8") as file:
            json.dump({"engine": {"socket": ENGINE_SOCKET}, "images": {
                "recipes": f"{self.folder}/recipes", "record": f"{self.folder}/images.json"}}, file)
        done = subprocess.run([BINARY, "images", "build", "pulled", "--base", "pull", "--config",
                               f"{self.folder}/config.json"], capture_output=True, text=True, timeout=120, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(self.reference.split(":1")[0].split("/")[1], done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, "not found|manifest unknown")


if __name__ == "__main__":
    unittest.main()
