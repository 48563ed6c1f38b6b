"""Files that a submission leaves for whoever takes them: bombs, names, links, devices, and ones that change."""

import base64
import io
import tarfile
import unittest
import zipfile

from hostile import HostileTestCase, attack


def contents(reply):
    return {each["path"]: base64.b64decode(each["content_base64"]) for each in reply["artifacts"]}


class Artifacts(HostileTestCase):
    def assert_within_bounds(self, reply, count=32, total=10_000_000):
        self.assertLessEqual(len(reply["artifacts"]), count)
        self.assertLessEqual(sum(map(len, contents(reply).values())), total)
        self.assertLessEqual(len(reply["notes"]), 40)
        for each in reply["artifacts"]:
            self.assertEqual(each["size"], len(base64.b64decode(each["content_base64"])))
            parts = each["path"].split("/")
            self.assertFalse({"", ".", ".."} & set(parts), each["path"])
            self.assertTrue(each["path"].isprintable(), each["path"])

    # --- Bombs: they are handed on as they are, never unpacked.

    @attack("""
        import zipfile
        with zipfile.ZipFile('output/bomb.zip', 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
            for number in range(4):
                with bomb.open(f'zeros{number}', 'w') as member:
                    for _ in range(64): member.write(bytes(1 << 20))
            bomb.writestr('../../../../etc/cron.d/evil', 'x')
        """, {"max_memory_mb": 256})
    def test_zip_bomb(self, reply):
        self.assertTrue(reply["success"], reply)
        (bomb,) = contents(reply).values()
        self.assertLess(len(bomb), 1_000_000)
        with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
            self.assertEqual(sum(each.file_size for each in archive.infolist()), (256 << 20) + 1)

    @attack("""
        import io, tarfile
        with tarfile.open('output/bomb.tar.gz', 'w:gz') as bomb:
            for name, size in (('/etc/passwd', 1), ('../../up', 1), ('zeros', 64 << 20)):
                member = tarfile.TarInfo(name)
                member.size = size
                bomb.addfile(member, io.BytesIO(bytes(size)))
            link = tarfile.TarInfo('link')
            link.type, link.linkname = tarfile.SYMTYPE, '/etc/shadow'
            bomb.addfile(link)
        """, {"max_memory_mb": 256})
    def test_tar_bomb(self, reply):
        self.assertTrue(reply["success"], reply)
        (bomb,) = contents(reply).values()
        with tarfile.open(fileobj=io.BytesIO(bomb)) as archive:
            self.assertEqual(len(archive.getnames()), 4)

    @attack("""
        for number in range(20000): open(f'output/{number}', 'w').close()
        """)
    def test_too_many(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(len(reply["artifacts"]), 32)
        self.assertTrue(reply["notes"])
        self.assert_within_bounds(reply)

    @attack("""
        for number in range(6): open(f'output/{number}', 'wb').write(bytes(9 << 20))
        """, {"max_memory_mb": 256})
    def test_too_large_together(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(list(contents(reply)), ["0"])
        self.assert_within_bounds(reply)

    @attack("""
        import os
        os.symlink('/dev/zero', 'output/zero')
        with open('output/sparse', 'wb') as file: file.truncate(1 << 24)
        """, {"max_artifact_bytes": 100_000})
    def test_without_end(self, reply):
        self.assertEqual((reply["success"], reply["artifacts"]), (True, []), reply)
        self.assertTrue(any("sparse" in note for note in reply["notes"]), reply["notes"])

    @attack("""
        import os
        path = 'output'
        for depth in range(40):
            path += '/d'
            os.mkdir(path)
            open(path + '/f', 'w').close()
        """)
    def test_deep_folders(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertTrue(0 < len(reply["artifacts"]) <= 16, len(reply["artifacts"]))
        self.assert_within_bounds(reply)

    # --- Names

    @attack("""
        import os
        os.mkdir('output/ok')
        open('output/ok/fine.txt', 'w').write('fine')
        open(b'output/bad\\xff', 'w').write('x')
        open(b'output/\\xed\\xa0\\x80', 'w').write('x')
        open('output/new\\nline', 'w').write('x')
        open('output/bell\\x07', 'w').write('x')
        open('output/c1\\x85', 'w').write('x')
        long = 'output/' + '/'.join(['n' * 255] * 4)
        os.makedirs(long)
        open(long + '/x', 'w').write('x')
        """)
    def test_names(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(contents(reply), {"ok/fine.txt": b"fine"})
        self.assertEqual(len(reply["notes"]), 6, reply["notes"])
        self.assertTrue(all(note.isprintable() for note in reply["notes"]), reply["notes"])

    @attack("""
        names = ['%2e%2e%2fx', '..\\\\..\\\\x', 'C:\\\\x', 'nul', '<script>', '"; rm -rf x', '$(id)', '-rf', '...', ' ',
                 '\\u202egnp.exe', 'a' * 255, '.hidden', '~', '\\u2024\\u2024']
        for name in names: open('output/' + name, 'w').write('x')
        print(len(names))
        """)
    def test_names_that_mean_something_elsewhere(self, reply):
        # Names of one part each: they are data, and come back as what they are.
        self.assertTrue(reply["success"], reply)
        self.assertTrue(all("/" not in path for path in contents(reply)), reply)
        self.assertGreater(len(reply["artifacts"]), 0)

    # --- What is no file

    @attack("""
        import os, socket, stat
        open('output/file', 'w').write('once')
        os.link('output/file', 'output/same')
        os.symlink('/etc/passwd', 'output/link')
        os.symlink('..', 'output/up')
        os.symlink('/proc/self/environ', 'output/environ')
        os.symlink('loop', 'output/loop')
        os.mkfifo('output/pipe')
        socket.socket(socket.AF_UNIX).bind('output/socket')
        for name, kind, device in (('block', stat.S_IFBLK, os.makedev(8, 0)), ('memory', stat.S_IFCHR, os.makedev(1, 1)),
                                   ('zero', stat.S_IFCHR, os.makedev(1, 5))):
            try: os.mknod('output/' + name, 0o666 | kind, device)
            except OSError: continue
            try: open('output/' + name, 'rb').read(16) and name != 'zero' and print('OPENED', name)
            except OSError: pass
        try: os.link('/etc/passwd', 'output/hard')
        except OSError: print('no link out')
        """)
    def test_links_and_devices(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assertEqual(reply["stdout"], "no link out\n")
        self.assertEqual(contents(reply), {"file": b"once", "same": b"once"})

    @attack("import os\nos.rmdir('output')\nos.symlink('/etc', 'output')")
    def test_the_folder_is_a_link(self, reply):
        self.assertEqual(reply["artifacts"], [], reply)

    @attack("import os\nos.rmdir('output')\nos.mkfifo('output')")
    def test_the_folder_is_a_pipe(self, reply):
        self.assertEqual((reply["artifacts"], reply["timed_out"]), ([], False), reply)

    @attack("import os\nos.mkdir('output/closed')\nos.chmod('output/closed', 0)\nos.chmod('output', 0)")
    def test_the_folder_is_closed(self, reply):
        self.assertEqual((reply["artifacts"], reply["timed_out"]), ([], False), reply)

    # --- Changed while they are read

    @attack("""
        import os, threading
        os.mkdir('output/d')
        for number in range(20): open(f'output/d/f{number:02}', 'wb').write(b'x' * 200_000)
        def change():
            while True:
                for number in range(20):
                    name = f'output/d/f{number:02}'
                    try:
                        open(name, 'ab').write(b'y' * 100_000)
                        os.truncate(name, 10)
                        os.replace(name, name + 'moved')
                        os.symlink('/etc/passwd', name)
                        os.replace(name + 'moved', name)
                    except OSError: pass
        for _ in range(3): threading.Thread(target=change, daemon=True).start()
        """, {"max_artifact_bytes": 1_000_000})
    def test_changed_while_they_are_read(self, reply):
        self.assert_within_bounds(reply, total=1_000_000)
        for path, content in contents(reply).items():
            self.assertEqual(content.strip(b"xy"), b"", path)

    @attack("""
        import os, threading
        os.mkdir('output/d')
        os.mkdir('etc')
        open('output/d/passwd', 'w').write('own')
        def change():
            while True:
                try:
                    os.rename('output/d', 'output/e')
                    os.symlink('/etc', 'output/d')
                    os.unlink('output/d')
                    os.rename('output/e', 'output/d')
                except OSError: pass
        threading.Thread(target=change, daemon=True).start()
        """)
    def test_a_folder_that_becomes_a_link(self, reply):
        # At worst it shows a file of the image, which the submission could print as well.
        self.assert_within_bounds(reply)
        self.assertLessEqual(len(reply["artifacts"]), 2)

    @attack("""
        import os
        if os.fork() == 0:
            os.setsid()
            while True:
                try: open('output/late', 'ab').write(b'z' * 4096)
                except OSError: pass
        """)
    def test_written_by_an_orphan(self, reply):
        self.assertTrue(reply["success"], reply)
        self.assert_within_bounds(reply)


if __name__ == "__main__":
    unittest.main()
